"""What the address of a page asks for: in which collection, by which way to rank, which page."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from catalog.descriptors import DescriptorError
from catalog.models import Collection
from catalog.visibility import Scope

from .questions.model import LARGEST_NUMBER, Example, Question, QuestionError
from .recipes import Recipe, get_recipe, proven
from .recipes.model import Expansion
from .recipes.registry import MOST_EXPANDED, plain_name

# The fields of an address that are the question's, and those of a form that asks it again.
QUESTION_FIELDS = frozenset({"with", "off", "marks"})
MARKING_FIELDS = frozenset({"like", "unlike", "seen"})
# What is about one way to show a ranking, and not about another.
PLACE_FIELDS = frozenset({"page", "upto", "checked"})
# Results that a page shows from the first on, where its address says so.
MOST_PAGES = 20


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
    `name` is that of the choice, `listed` the same without `+geometry`, as it stands in lists;
    `can_expand` says whether it may be asked again with its first results.
    """

    name: str
    listed: str
    whole: Recipe
    recipe: Recipe
    only_proven: bool
    can_expand: bool

    @property
    def is_to_be_checked(self) -> bool:
        return self.whole is not self.recipe


def asked_for(request: HttpRequest, scope: Scope, *, default: str, composed: bool = False) -> Asked:
    """Return what the address asks for: `geometry=off` leaves it out, `checked=1` waits for it.

    A `composed` question is ranked without geometry, which compares with one picture, and would
    put what it proves before all that marks say.
    """
    recipe = chosen_recipe(request, default=default)
    names = recipe.name, plain_name(recipe.name) or recipe.name
    can = can_expand(recipe)
    recipe = expanded(request, recipe)
    only_proven = request.GET.get("proven") == "1" and not composed
    if composed or (request.GET.get("geometry") == "off" and not only_proven):
        return Asked(*names, recipe.plain, recipe.plain, only_proven=False, can_expand=can)
    whole = proven(recipe, scope)
    checked = only_proven or request.GET.get("checked") == "1"
    now = whole if checked else whole.plain
    only_proven = only_proven and whole.geometry is not None
    return Asked(*names, whole, now, only_proven=only_proven, can_expand=can)


def can_expand(recipe: Recipe) -> bool:
    """Whether a search may be asked again with its first results: of vectors, and once only."""
    return bool(recipe.vector_descriptors) and not (recipe.expansion or recipe.regions)


def expanded(request: HttpRequest, recipe: Recipe) -> Recipe:
    """Return the recipe as `expand=n` in the address wants it: asked again with the first `n`."""
    if can_expand(recipe) and (number := number_in(request, "expand", most=MOST_EXPANDED)):
        return replace(recipe, expansion=Expansion("alpha", number))
    return recipe


def asked_question(request: HttpRequest, own: Example) -> Question:
    """Return the question in the address of the page about `own`."""
    try:
        return Question.parsed(own, dict(request.GET.lists()))
    except QuestionError as error:
        raise Http404(str(error)) from error


def newly_marked(request: HttpRequest, question: Question) -> Question | None:
    """Return the question after what the form of marks says; None where it was not sent."""
    if not MARKING_FIELDS & set(request.GET):
        return None
    said: dict[str, list[int]] = {field: [] for field in MARKING_FIELDS}
    for field in MARKING_FIELDS:
        for text in request.GET.getlist(field):
            with suppress(ValueError):
                if 0 < (number := int(text)) <= LARGEST_NUMBER:
                    said[field].append(number)
    try:
        return question.and_round(likes=said["like"], unlikes=said["unlike"], seen=said["seen"])
    except QuestionError as error:
        raise Http404(str(error)) from error


def fields_but(request: HttpRequest, without: Iterable[str]) -> list[tuple[str, str]]:
    """Return the fields of the address in order, but those of these names."""
    left_out = set(without)
    return [
        (name, value)
        for name, values in request.GET.lists()
        if name not in left_out
        for value in values
    ]


def address_of(request: HttpRequest, question: Question, path: str = "") -> str:
    """Return the address that asks another question in the same way, from its first rank on."""
    others = fields_but(request, QUESTION_FIELDS | MARKING_FIELDS | PLACE_FIELDS)
    fields = urlencode([*others, *question.fields()])
    return f"{path or request.path}{'?' if fields else ''}{fields}"


def chosen_scope(request: HttpRequest, *, default: Collection | None) -> Scope:
    """Return what the address searches: the collection whose short name it has, `default` where
    it has none; with an empty name, or without a default, all that the user sees."""
    slug = request.GET.get("collection")
    if slug:
        seen = Collection.objects.visible_to(request.user)
        return Scope.of(get_object_or_404(seen, slug=slug))
    if slug is None and default is not None:
        return Scope.of(default)
    return Scope.all_seen_by(request.user)


def page_number(request: HttpRequest) -> int:
    return number_in(request, "page", most=None) or 1


def pages_at_once(request: HttpRequest) -> int:
    """Return how many pages from the first on are shown as one: what was shown before a reload."""
    return number_in(request, "upto", most=MOST_PAGES) or 1


def number_in(request: HttpRequest, name: str, *, most: int | None) -> int | None:
    """Return the number from 1 to `most` that a field of the address has; None where it has none.

    What is beyond is taken for the nearest.
    """
    try:
        number = max(1, int(request.GET[name]))
    except (KeyError, ValueError):
        return None
    return number if most is None else min(number, most)
