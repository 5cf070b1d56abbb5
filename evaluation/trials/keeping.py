"""The choice that a trial supports, kept for the pages."""

from catalog.models import Collection
from search.models import CollectionRecipe
from search.recipes import get_recipe


def keep_choice(*, collection: Collection, recipe: str) -> None:
    """Let pages search the collection by this recipe unless asked otherwise.

    Raises as `get_recipe` where there is none of that name.
    """
    CollectionRecipe.objects.update_or_create(
        collection=collection, defaults={"recipe": get_recipe(recipe).name}
    )


def kept_choice(collection: Collection) -> str:
    """Return the name of the recipe that was chosen for the collection, empty without a choice."""
    return (
        CollectionRecipe.objects.filter(collection=collection)
        .values_list("recipe", flat=True)
        .first()
        or ""
    )
