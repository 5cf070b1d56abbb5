"""Which recipes can be used now, and which one is used unless another is asked for."""

from contextlib import suppress

from django.conf import settings

from catalog.descriptors import DEFAULT, DescriptorError
from catalog.descriptors.local.base import LocalDescriptor
from catalog.models import Collection, ImageRegions
from catalog.vectorstore import vectors_of
from catalog.visibility import EVERYTHING, Scope

from ..models import CollectionRecipe
from .model import Recipe
from .registry import get_recipe, known_recipes, with_geometry

# Where fc6 has no trained weights: the best that needs no download first.
WITHOUT_DOWNLOAD = ("rgem-lite0", "lite0")


def searchable_recipes() -> list[Recipe]:
    """Return the recipes by which something can be found now, in order."""
    found = []
    for recipe in known_recipes():
        # Where its weights are gone, the pages that need it say so.
        with suppress(DescriptorError):
            if has_vectors(recipe):
                found.append(recipe)
    return found


def has_vectors(recipe: Recipe) -> bool:
    """Whether any image has a current vector of each part. Raises `DescriptorError`."""
    if recipe.geometry and not has_local_features(recipe.geometry.local):
        return False
    if recipe.regions:
        descriptor = recipe.descriptor
        return ImageRegions.objects.of_model(descriptor.name, descriptor.model_id).exists()
    return all(
        vectors_of(descriptor.name).has_current(descriptor.model_id)
        for descriptor in recipe.descriptors
    )


def has_local_features(local: LocalDescriptor, scope: Scope = EVERYTHING) -> bool:
    """Whether any image in `scope` has current ones, if only that it has none."""
    kept = vectors_of(local.name).of_model(local.model_id)
    if scope.keys is not None:
        kept = kept.filter(image__collection__in=scope.keys)
    return kept.exists()


def proven(recipe: Recipe, scope: Scope) -> Recipe:
    """Return the recipe with geometry where anything in `scope` has local features.

    Who had them extracted wants to see what they prove; what they do not prove stays as it was.
    """
    with suppress(DescriptorError):  # where the local features are taken away
        found = with_geometry(recipe)
        if found.geometry and has_local_features(found.geometry.local, scope):
            return found
    return recipe


def default_recipe(collection: Collection | None = None) -> Recipe:
    """Return what ranks `collection` (None: all) unless another recipe is asked for.

    The first that has vectors of: the one chosen for the collection, `SIS_RECIPE`, fc6 with
    trained weights, and of those that need no download the one that most images have. Otherwise
    fc6, the reference.
    """
    chosen = [kept_choice(collection), settings.SIS_RECIPE]
    for name in filter(None, chosen):
        if (recipe := usable(name)) is not None:
            return recipe
    reference = get_recipe(DEFAULT)
    if reference.trained and usable(DEFAULT):
        return reference
    others = [recipe for name in WITHOUT_DOWNLOAD if (recipe := usable(name))]
    return max(others, key=images_with, default=reference)


def kept_choice(collection: Collection | None) -> str:
    """Return the name of the recipe that was chosen for the collection, empty without a choice."""
    if collection is None:
        return ""
    kept = CollectionRecipe.objects.filter(collection=collection)
    return kept.values_list("recipe", flat=True).first() or ""


def keep_choice(*, collection: Collection, recipe: str) -> None:
    """Let pages search the collection by this recipe unless asked otherwise.

    Raises as `get_recipe` where there is none of that name.
    """
    CollectionRecipe.objects.update_or_create(
        collection=collection, defaults={"recipe": get_recipe(recipe).name}
    )


def usable(name: str) -> Recipe | None:
    """Return the recipe where it has vectors; None where not, or where it is gone."""
    try:
        recipe = get_recipe(name)
        return recipe if has_vectors(recipe) else None
    except DescriptorError:
        return None


def images_with(recipe: Recipe) -> int:
    """Return how many images have a current vector of the recipe's first part."""
    descriptor = recipe.descriptor
    return vectors_of(descriptor.name).count(descriptor.model_id)
