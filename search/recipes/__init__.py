"""Recipes: named ways to rank. What is declared, what can be used now, and which is the default."""

from .choosing import default_recipe, keep_choice, kept_choice, searchable_recipes
from .model import Expansion, Part, Recipe, RecipeError
from .registry import check_recipe, get_recipe, known_recipes, recipe_names

__all__ = [
    "Expansion",
    "Part",
    "Recipe",
    "RecipeError",
    "check_recipe",
    "default_recipe",
    "get_recipe",
    "keep_choice",
    "kept_choice",
    "known_recipes",
    "recipe_names",
    "searchable_recipes",
]
