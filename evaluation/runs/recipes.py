"""What a run says of the recipe that it ranks by."""

import json
from dataclasses import replace
from typing import Any

from catalog.descriptors import DEFAULT, PictureDescriptor
from catalog.descriptors.derived import Derived
from catalog.models import Collection
from search.engines import alias_for, check_engine
from search.recipes import Recipe, get_recipe, known_recipes

JOINED = " + "


def chosen_recipe(
    recipe: Recipe | None, descriptor: PictureDescriptor | None, *, name: str = ""
) -> Recipe:
    """Return the recipe, or plain ranking by the descriptor; else the one called `name`.

    Without any of them that is the reference descriptor's. Raises as `get_recipe`.
    """
    if recipe is not None:
        return recipe
    if descriptor is not None:
        return plain_recipe(descriptor)
    return get_recipe(name or DEFAULT)


def plain_recipe(descriptor: PictureDescriptor) -> Recipe:
    """Return plain ranking by this very descriptor, as the recipe of its name ranks by its own."""
    plain = get_recipe(DEFAULT)
    part = replace(plain.parts[0], descriptor=descriptor)
    return replace(
        plain,
        name=descriptor.name,
        title=descriptor.title,
        purpose=descriptor.purpose,
        parts=(part,),
    )


def recipe_fields(recipe: Recipe, collection: Collection) -> dict[str, Any]:
    """Return what an `EvaluationRun` over this collection keeps of the recipe, by field.

    Raises `DescriptorError` where the weights are not there.
    """
    # As the database gives them back, so that what is stored can be compared with what is now.
    facts = json.loads(json.dumps(recipe.facts()))
    return {
        "recipe": recipe.name,
        "recipe_facts": facts,
        "descriptor": JOINED.join(part.descriptor.name for part in recipe.parts),
        "model_id": JOINED.join(recipe.model_ids),
        "bytes_per_picture": recipe.bytes_per_image,
        "saw_collection": saw(recipe, collection),
    }


def engine_options(recipe: Recipe, engine: str) -> dict[str, Any]:
    """Return the options of the engine declared as `engine`, and by alias those of others that
    parts of the recipe need. Raises `ImproperlyConfigured` where there is none.
    """
    _backend, options = check_engine(engine)
    others = {alias_for(descriptor, engine) for descriptor in recipe.descriptors} - {engine}
    return options | {alias: check_engine(alias)[1] for alias in sorted(others)}


def named_recipes(names: str) -> list[Recipe]:
    """Return the recipes of names with commas between; all that are known for "all".

    Each once, in order. Raises as `get_recipe` for an unknown name.
    """
    if names == "all":
        return known_recipes()
    wanted = [name.strip() for name in names.split(",")]
    return [get_recipe(name) for name in dict.fromkeys(wanted) if name]


def saw(recipe: Recipe, collection: Collection) -> bool:
    """Whether something of the recipe was learned on pictures of this collection."""
    return any(collection.slug in learned_on(part.descriptor) for part in recipe.parts)


def learned_on(descriptor: PictureDescriptor) -> set[str]:
    """Return the short names of the collections that a descriptor, or a source of it, learned on.

    A descriptor that learns says so in its `learned_on`: one short name.
    """
    own = getattr(descriptor, "learned_on", None)
    found = {own} if own else set()
    if isinstance(descriptor, Derived):
        found |= {name for source in descriptor.sources for name in learned_on(source)}
    return found
