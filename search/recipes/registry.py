"""Recipes by name: declared in `SIS_RECIPES`, ready-made, or a descriptor's plain ranking.

A declaration is a dictionary: `PARTS` (names of descriptors, or their weights by name), and where
wanted `FUSION` ("similarities" or "reciprocal-ranks"), `EXPANSION` (`METHOD` "average" or "alpha",
`N`, `ALPHA`), `REGIONS` (true), `GEOMETRY` (`FEATURES`, `FIRST`, `EXPANSION` and
`MIRRORED` (true)), `TITLE` and
`PURPOSE`. The name of any of them with `+geometry` verifies its first results, and with
`+geometry+expanded` once more with what was proven; `+geometry+mirrored` also finds mirror images.
"""

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast, get_args

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from catalog.declarations import LONGEST_NAME, check_name
from catalog.descriptors import DescriptorError, descriptor_names, get_ranking
from catalog.descriptors.local.aggregated import is_aggregated
from catalog.descriptors.local.registry import DEFAULT_LOCAL, get_local, is_local
from catalog.descriptors.ready import READY as READY_DESCRIPTORS
from catalog.descriptors.registry import is_known
from catalog.kept_rows import stored_names

from ..geometry.rules import Rules
from .model import FIRST, Expansion, ExpansionMethod, Fusion, Geometry, Part, Recipe, RecipeError
from .ready import READY

SETTING = "SIS_RECIPES"
KEYS = {"PARTS", "FUSION", "EXPANSION", "REGIONS", "GEOMETRY", "TITLE", "PURPOSE"}
GEOMETRY_KEYS = {"FEATURES", "FIRST", "EXPANSION", "MIRRORED"}
MOST_EXPANDED = 100
MOST_VERIFIED = 1000
# What the name of a way to rank ends with where its first results are verified.
GEOMETRY, EXPANDED, MIRRORED = "+geometry", "+expanded", "+mirrored"


def recipe_names() -> list[str]:
    """Return the names that can be chosen: declared descriptors, those with vectors, recipes.

    Each of them with `+geometry` is one, too.
    """
    stored = (name for name in stored_names() if not is_local(name))
    return list(dict.fromkeys((*descriptor_names(), *stored, *declarations())))


def known_recipes() -> list[Recipe]:
    """Return the recipes of `recipe_names`, but those of descriptors that are gone."""
    found = []
    for name in recipe_names():
        with suppress(RecipeError):
            found.append(get_recipe(name))
    return found


def declarations() -> dict[str, Any]:
    """Return what `SIS_RECIPES` declares, and our own whose descriptors are not taken away."""
    known = {**READY_DESCRIPTORS, **settings.SIS_DESCRIPTORS}
    ready = {name: one for name, one in READY.items() if set(one["PARTS"]) <= set(known)}
    found = {**ready, **settings.SIS_RECIPES}
    return {name: declaration for name, declaration in found.items() if declaration is not None}


def get_recipe(name: str) -> Recipe:
    """Return the recipe of this name; every descriptor's plain ranking has the descriptor's name.

    Raises `RecipeError` for an unknown name or an unknown descriptor in it, and
    `ImproperlyConfigured` for a wrong declaration.
    """
    try:
        if name in declarations():
            return recipe_of(name, check_recipe(name))
        if (plain := plain_name(name)) and len(name) <= LONGEST_NAME:
            ending = name.removeprefix(f"{plain}{GEOMETRY}")
            return with_geometry(get_recipe(plain), ending)
        descriptor = get_ranking(name)
        return Recipe(name, descriptor.title or name, descriptor.purpose, (Part(descriptor),))
    except DescriptorError as error:
        # Of a name that is known, what it lacks is what to say.
        if "+" in name or name in READY_DESCRIPTORS or name in recipe_names():
            raise RecipeError(str(error)) from error
        raise RecipeError(
            _("There is no way to rank “%(name)s”. Ways to rank: %(known)s.")
            % {"name": name, "known": ", ".join(recipe_names())}
        ) from error


def plain_name(name: str) -> str:
    """Return what stands before `+geometry` and its endings; empty without."""
    plain, found, ending = name.partition(GEOMETRY)
    return plain if found and ending in ("", EXPANDED, MIRRORED) else ""


def with_geometry(recipe: Recipe, ending: str = "") -> Recipe:
    """Return the recipe with the ready-made geometry; as it is where it has its own.

    `ending` is what its name has after `+geometry`. Raises `DescriptorError` where the local
    features are taken away.
    """
    if recipe.geometry is not None:
        return recipe
    title = {
        "": _("%(recipe)s, proven by geometry"),
        EXPANDED: _("%(recipe)s, proven by geometry and asked again"),
        MIRRORED: _("%(recipe)s, proven by geometry, in a mirror, too"),
    }[ending]
    return replace(
        recipe,
        name=f"{recipe.name}{GEOMETRY}{ending}",
        title=title % {"recipe": recipe.title},
        geometry=Geometry(
            get_local(DEFAULT_LOCAL),
            expansion=ending == EXPANDED,
            rules=Rules(mirrored=ending == MIRRORED),
        ),
    )


def recipe_of(name: str, declared: dict[str, Any]) -> Recipe:
    parts = tuple(Part(get_ranking(part), weight) for part, weight in weights(declared).items())
    expansion = declared.get("EXPANSION")
    return Recipe(
        name=name,
        title=declared.get("TITLE") or name,
        purpose=declared.get("PURPOSE") or "",
        parts=parts,
        fusion=cast(Fusion, declared.get("FUSION", "similarities")),
        expansion=expansion
        and Expansion(
            cast(ExpansionMethod, expansion["METHOD"]),
            expansion["N"],
            float(expansion.get("ALPHA", 3)),
        ),
        regions=bool(declared.get("REGIONS")),
        geometry=geometry_of(declared.get("GEOMETRY")),
    )


def geometry_of(declared: dict[str, Any] | None) -> Geometry | None:
    if declared is None:
        return None
    return Geometry(
        get_local(declared.get("FEATURES", DEFAULT_LOCAL)),
        declared.get("FIRST", FIRST),
        bool(declared.get("EXPANSION")),
        Rules(mirrored=bool(declared.get("MIRRORED"))),
    )


def weights(declared: dict[str, Any]) -> dict[str, float]:
    parts = declared["PARTS"]
    return dict(parts) if isinstance(parts, dict) else dict.fromkeys(parts, 1.0)


def check_recipe(name: str) -> dict[str, Any]:
    """Return what `SIS_RECIPES[name]`, or our own table, declares.

    Raises `ImproperlyConfigured` naming the setting, the value and the choices.
    """
    declared, where = declarations()[name], f"{SETTING}[{name!r}]"
    check_name(SETTING, name)
    if not isinstance(declared, dict) or not declared.get("PARTS"):
        raise ImproperlyConfigured(f"{where} is {declared!r}: it must be a dictionary with PARTS.")
    if unknown := sorted(set(declared) - KEYS):
        known = ", ".join(sorted(KEYS))
        raise ImproperlyConfigured(f"{where} has unknown {', '.join(unknown)}; it takes: {known}.")
    check_parts(declared, where)
    if declared.get("FUSION", "similarities") not in get_args(Fusion):
        raise ImproperlyConfigured(
            f"{where}['FUSION'] is {declared['FUSION']!r}: {', '.join(get_args(Fusion))}."
        )
    if declared.get("EXPANSION") is not None:
        check_expansion(declared["EXPANSION"], f"{where}['EXPANSION']")
    if declared.get("GEOMETRY") is not None:
        check_geometry(declared["GEOMETRY"], f"{where}['GEOMETRY']")
    check_words(declared, where)
    if declared.get("REGIONS") and (len(declared["PARTS"]) > 1 or declared.get("EXPANSION")):
        raise ImproperlyConfigured(f"{where} has REGIONS: they go with one part, asked once.")
    return declared


def check_parts(declared: dict[str, Any], where: str) -> None:
    parts = declared["PARTS"]
    if not isinstance(parts, dict | list | tuple):
        raise ImproperlyConfigured(f"{where}['PARTS'] is {parts!r}: give names or weights by name.")
    for part, weight in weights(declared).items():
        if not is_known(part):
            raise ImproperlyConfigured(f"{where}['PARTS'] names no descriptor: {part!r}.")
        if not isinstance(weight, int | float) or not 0 < weight < math.inf:
            raise ImproperlyConfigured(
                f"{where}['PARTS'] has {weight!r} for {part!r}: give a number above 0."
            )


def check_words(declared: dict[str, Any], where: str) -> None:
    """Raise `ImproperlyConfigured` where what only vectors allow is asked of words."""
    words = [part for part in declared["PARTS"] if is_aggregated(part)]
    wrong = [key for key in ("EXPANSION", "REGIONS") if declared.get(key)]
    if words and wrong:
        raise ImproperlyConfigured(
            f"{where} has {wrong[0]}, which is of vectors, and {words[0]!r}, which is of words."
        )


def check_expansion(declared: Any, where: str) -> None:
    if not isinstance(declared, dict) or set(declared) - {"METHOD", "N", "ALPHA"}:
        raise ImproperlyConfigured(f"{where} is {declared!r}: it takes METHOD, N and ALPHA.")
    if declared.get("METHOD") not in get_args(ExpansionMethod):
        raise ImproperlyConfigured(
            f"{where}['METHOD'] is {declared.get('METHOD')!r}: "
            f"{', '.join(get_args(ExpansionMethod))}."
        )
    number, alpha = declared.get("N"), declared.get("ALPHA", 3)
    if not isinstance(number, int) or not 1 <= number <= MOST_EXPANDED:
        raise ImproperlyConfigured(f"{where}['N'] is {number!r}: from 1 to {MOST_EXPANDED}.")
    if not isinstance(alpha, int | float) or not 0 <= alpha <= 10:
        raise ImproperlyConfigured(f"{where}['ALPHA'] is {alpha!r}: from 0 to 10.")


def check_geometry(declared: Any, where: str) -> None:
    if not isinstance(declared, dict) or set(declared) - GEOMETRY_KEYS:
        known = ", ".join(sorted(GEOMETRY_KEYS))
        raise ImproperlyConfigured(f"{where} is {declared!r}: it takes {known}.")
    local, first = declared.get("FEATURES", DEFAULT_LOCAL), declared.get("FIRST", FIRST)
    if not isinstance(local, str) or not is_local(local):
        raise ImproperlyConfigured(f"{where}['FEATURES'] names no local features: {local!r}.")
    if isinstance(first, bool) or not isinstance(first, int) or not 1 <= first <= MOST_VERIFIED:
        raise ImproperlyConfigured(f"{where}['FIRST'] is {first!r}: from 1 to {MOST_VERIFIED}.")
    for key in ("EXPANSION", "MIRRORED"):
        if not isinstance(declared.get(key, False), bool):
            raise ImproperlyConfigured(f"{where}[{key!r}] is {declared[key]!r}: true or false.")
