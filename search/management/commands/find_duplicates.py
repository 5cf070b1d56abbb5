"""`manage.py find_duplicates`: pictures of a collection that are nearly the same."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.descriptors import DescriptorError
from catalog.descriptors.local.registry import get_local
from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.machines import as_json
from catalog.management.progress import Progress
from catalog.models import Collection
from catalog.names import printable
from catalog.querysets import UnknownCollection

from ...duplicates import (
    Accept,
    Duplicates,
    Pair,
    find_duplicates,
    of_one_photograph,
    within_distance,
)
from ...recipes import Recipe, default_recipe, get_recipe, has_local_features
from ...services import count_searchable, nothing_to_rank

# Of lite0, a picture at half its size is at 0.03, at a quarter at 0.2; the nearest other
# photographs of 348 at 0.29.
DISTANCE = 0.2


class Command(SisCommand):
    help = (
        "List the pictures of a collection that are nearly the same. With --geometry, those of the "
        "same photograph, even cropped, resized or edited, and how the one is made of the other."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--collection", required=True, metavar="SLUG")
        parser.add_argument(
            "--recipe", metavar="NAME", help="what is near; default: the collection's way to rank"
        )
        parser.add_argument(
            "--nearest",
            type=positive_int,
            default=20,
            metavar="N",
            help="how many others each picture is compared with; default: %(default)s",
        )
        parser.add_argument(
            "--distance",
            type=distance_argument,
            default=DISTANCE,
            metavar="D",
            help="how near they must be, without --geometry; default: %(default)s",
        )
        parser.add_argument(
            "--geometry", action="store_true", help="prove it by local features (rootsift)"
        )
        parser.add_argument(
            "--mirrored", action="store_true", help="with --geometry: mirror images, too"
        )
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            collection = Collection.objects.by_slug(options["collection"])
            name = options["recipe"]
            recipe = (get_recipe(name) if name else default_recipe(collection)).plain
            accept = self.accepting(recipe, collection, options)
            found = self.find(collection, recipe, accept, options)
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error
        self.show(found, options["format"])
        if found.interrupted:
            raise CommandError(
                _("Interrupted: not all pictures were compared."), returncode=EXIT_INTERRUPTED
            )

    def accepting(self, recipe: Recipe, collection: Collection, options: dict[str, Any]) -> Accept:
        if not count_searchable(collection=collection, recipe=recipe):
            raise CommandError(nothing_to_rank(collection=collection, recipe=recipe))
        if options["geometry"]:
            local = get_local()
            if not has_local_features(local, collection):
                raise CommandError(
                    _(
                        "No picture of “%(collection)s” has local features. Extract them first: "
                        "manage.py extract_features --collection %(collection)s --descriptor "
                        "%(name)s"
                    )
                    % {"collection": collection.slug, "name": local.name}
                )
            return of_one_photograph(local, mirrored=options["mirrored"])
        if recipe.is_fused or recipe.descriptor.asked_by is not recipe.descriptor:
            raise CommandError(
                _("“%(name)s” measures no distances: choose another --recipe, or --geometry.")
                % {"name": recipe.name}
            )
        return within_distance(options["distance"])

    def find(
        self, collection: Collection, recipe: Recipe, accept: Accept, options: dict[str, Any]
    ) -> Duplicates:
        with (
            stop_on_interrupt() as stop,
            Progress(
                total=collection.images.count(),
                unit=_("images"),
                stream=self.stderr,
                verbosity=options["verbosity"],
            ) as progress,
        ):
            return find_duplicates(
                collection=collection,
                recipe=recipe,
                nearest=options["nearest"],
                accept=accept,
                on_progress=progress.advance,
                should_stop=stop.is_set,
            )

    def show(self, found: Duplicates, style: str) -> None:
        groups = found.groups()
        if style == "json":
            answer = {
                "compared": found.compared,
                "groups": [[as_dict(pair) for pair in group] for group in groups],
            }
            self.stdout.write(as_json(answer, self.stdout))
            return
        for group in groups:
            for pair in group:
                names = printable(pair.first.name), printable(pair.second.name)
                self.stdout.write(f"{names[0]}  {names[1]}  {in_words(pair)}")
            self.stdout.write("")
        self.stdout.write(
            ngettext(
                "%(number)d group of pictures that belong together.",
                "%(number)d groups of pictures that belong together.",
                len(groups),
            )
            % {"number": len(groups)}
        )


def in_words(pair: Pair) -> str:
    """Say how the second picture is made of the first."""
    copy = pair.copy
    if copy is None:
        return _("distance %(distance).4f") % {"distance": pair.score}
    said = _(
        "%(shown)d %% of it, filling %(filled)d %%, %(scale).2f times as large, turned by "
        "%(turn).1f° (%(points)d points)"
    ) % {
        "shown": round(100 * copy.shown),
        "filled": round(100 * copy.filled),
        "scale": copy.scale,
        "turn": round(copy.turn, 1) + 0.0,  # which makes 0 of -0
        "points": copy.points,
    }
    return f"{said}, {_('mirrored')}" if copy.is_mirrored else said


def as_dict(pair: Pair) -> dict[str, Any]:
    found: dict[str, Any] = {"first": pair.first.name, "second": pair.second.name}
    if pair.copy is None:
        return found | {"distance": round(pair.score, 6)}
    return found | {
        "points": pair.copy.points,
        "scale": round(pair.copy.scale, 4),
        "turn": round(pair.copy.turn, 2),
        "shown": round(pair.copy.shown, 3),
        "filled": round(pair.copy.filled, 3),
        "mirrored": pair.copy.is_mirrored,
    }


def distance_argument(text: str) -> float:
    """Read a distance of unit vectors; raises `ArgumentTypeError` for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 2:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 2")
    return value
