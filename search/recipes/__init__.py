"""Recipes: named ways to rank. What is declared, what can be used now, and which is the default."""

from .choosing import (
    default_recipe,
    has_local_features,
    keep_choice,
    kept_choice,
    proven,
    searchable_recipes,
)
from .model import Expansion, Geometry, Part, Recipe, RecipeError
from .registry import check_recipe, get_recipe, known_recipes, recipe_names, with_geometry

__all__ = [
    "Expansion",
    "Geometry",
    "Part",
    "Recipe",
    "RecipeError",
    "check_recipe",
    "default_recipe",
    "get_recipe",
    "has_local_features",
    "keep_choice",
    "kept_choice",
    "known_recipes",
    "proven",
    "recipe_names",
    "searchable_recipes",
    "with_geometry",
]
