"""What the address of a page asks for: in which collection, by which way to rank, which page."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from catalog.descriptors import DescriptorError
from catalog.models import Collection

from .recipes import Recipe, get_recipe, proven
from .recipes.registry import plain_name


def chosen_recipe(request: HttpRequest, *, default: str) -> Recipe:
    """Return the recipe in the address, or `default`; what does not exist is not found.

    Addresses of former releases name a descriptor, whose plain ranking has its name.
    """
    asked = request.GET.get("recipe") or request.GET.get("descriptor")
    try:
        return get_recipe(asked or default)
    except DescriptorError as error:
        raise Http404(str(error)) from error


@dataclass(frozen=True, slots=True)
class Asked:
    """How a page is to rank: `whole` is what was chosen, `recipe` what this answer ranks by.

    They differ while the geometry is still to be checked, which a page asks for when it is shown.
    `name` is that of the choice, `listed` the same without `+geometry`, as it stands in lists.
    """

    name: str
    listed: str
    whole: Recipe
    recipe: Recipe
    only_proven: bool

    @property
    def is_to_be_checked(self) -> bool:
        return self.whole is not self.recipe


def asked_for(request: HttpRequest, collection: Collection | None, *, default: str) -> Asked:
    """Return what the address asks for: `geometry=off` leaves it out, `checked=1` waits for it."""
    recipe = chosen_recipe(request, default=default)
    only_proven = request.GET.get("proven") == "1"
    names = recipe.name, plain_name(recipe.name) or recipe.name
    if request.GET.get("geometry") == "off" and not only_proven:
        return Asked(*names, recipe.plain, recipe.plain, only_proven=False)
    whole = proven(recipe, collection)
    checked = only_proven or request.GET.get("checked") == "1"
    now = whole if checked else whole.plain
    return Asked(*names, whole, now, only_proven=only_proven and whole.geometry is not None)


def chosen_collection(request: HttpRequest, *, default: Collection | None) -> Collection | None:
    """Return the collection in the address: a short name, empty for all, absent for `default`."""
    slug = request.GET.get("collection")
    if slug is None:
        return default
    return get_object_or_404(Collection, slug=slug) if slug else None


def page_number(request: HttpRequest) -> int:
    try:
        return max(1, int(request.GET.get("page", "1")))
    except ValueError:
        return 1
