"""`manage.py find_duplicates`: pictures of a collection that are nearly the same."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.descriptors import DescriptorError
from catalog.descriptors.local.base import LocalDescriptor
from catalog.descriptors.local.registry import get_local
from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.machines import as_json
from catalog.management.progress import Progress
from catalog.models import Collection, Image
from catalog.names import printable
from catalog.querysets import UnknownCollection
from catalog.visibility import Scope

from ...duplicates.copies import Copies, Pair, by_size, find_copies
from ...duplicates.grouping import grouped
from ...duplicates.scanning import NEAREST, Scan, recipe_for, scan
from ...recipes import Recipe, default_recipe, get_recipe, has_local_features
from ...services import count_searchable, nothing_to_rank


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
            default=NEAREST,
            metavar="N",
            help="how many others each picture is compared with; default: %(default)s",
        )
        parser.add_argument(
            "--distance",
            type=distance_argument,
            metavar="D",
            help="how near they must be, without --geometry; default: by the usual distance "
            "between pictures of the collection",
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
            recipe = get_recipe(options["recipe"]).plain if options["recipe"] else None
            if options["geometry"]:
                interrupted = self.list_copies(collection, recipe, options)
            else:
                interrupted = self.list_near(collection, recipe, options)
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error
        if interrupted:
            raise CommandError(
                _("Interrupted: not all pictures were compared."), returncode=EXIT_INTERRUPTED
            )

    def list_near(
        self, collection: Collection, recipe: Recipe | None, options: dict[str, Any]
    ) -> bool:
        """List what stored vectors say is nearly the same; returns whether it was interrupted."""
        recipe = recipe or recipe_for(collection)
        with stop_on_interrupt() as stop, self.progress(collection, options) as progress:
            found = scan(
                collection=collection,
                recipe=recipe,
                nearest=options["nearest"],
                widest=options["distance"],
                on_progress=lambda done, total: progress.advance(done - progress.count),
                should_stop=stop.is_set,
            )
        distance = found.suggested if options["distance"] is None else options["distance"]
        groups = near_groups(found, distance)
        if options["format"] == "json":
            answer = {"compared": found.compared, "distance": distance, "groups": groups}
            self.stdout.write(as_json(answer, self.stdout))
            return found.interrupted
        for group in groups:
            for pair in group:
                names = printable(pair["first"]), printable(pair["second"])
                apart = _("distance %(distance).4f") % pair
                self.stdout.write(f"{names[0]}  {names[1]}  {apart}")
            self.stdout.write("")
        self.conclude(len(groups))
        self.stdout.write(
            _("Pictures no farther apart than %(distance).4f.") % {"distance": distance}
        )
        return found.interrupted

    def list_copies(
        self, collection: Collection, recipe: Recipe | None, options: dict[str, Any]
    ) -> bool:
        """List what is proven to be of one photograph; returns whether it was interrupted."""
        recipe = recipe or default_recipe(collection).plain
        local = local_of(collection, recipe)
        with stop_on_interrupt() as stop, self.progress(collection, options) as progress:
            found = find_copies(
                collection=collection,
                recipe=recipe,
                nearest=options["nearest"],
                local=local,
                mirrored=options["mirrored"],
                on_progress=progress.advance,
                should_stop=stop.is_set,
            )
        self.show_copies(found, options["format"])
        return found.interrupted

    def progress(self, collection: Collection, options: dict[str, Any]) -> Progress:
        return Progress(
            total=collection.images.count(),
            unit=_("images"),
            stream=self.stderr,
            verbosity=options["verbosity"],
        )

    def show_copies(self, found: Copies, style: str) -> None:
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
        self.conclude(len(groups))

    def conclude(self, groups: int) -> None:
        self.stdout.write(
            ngettext(
                "%(number)d group of pictures that belong together.",
                "%(number)d groups of pictures that belong together.",
                groups,
            )
            % {"number": groups}
        )


def local_of(collection: Collection, recipe: Recipe) -> LocalDescriptor:
    """Return the local descriptor that proves copies; raises `CommandError` for what is missing."""
    if not count_searchable(scope=Scope.of(collection), recipe=recipe):
        raise CommandError(nothing_to_rank(scope=Scope.of(collection), recipe=recipe))
    local = get_local()
    if not has_local_features(local, Scope.of(collection)):
        raise CommandError(
            _(
                "No picture of “%(collection)s” has local features. Extract them first: "
                "manage.py extract_features --collection %(collection)s --descriptor "
                "%(name)s"
            )
            % {"collection": collection.slug, "name": local.name}
        )
    return local


def near_groups(found: Scan, distance: float) -> list[list[dict[str, Any]]]:
    """Return the pairs within the distance by group, as JSON can hold them."""
    apart = found.pairs.within(distance)
    images = Image.objects.in_bulk({pk for pair in apart for pk in pair})
    there = [pair for pair in apart if images.keys() >= set(pair)]
    return [
        [near_pair(images[first], images[second], apart[first, second]) for first, second in group]
        for group in grouped(there)
    ]


def near_pair(one: Image, other: Image, distance: float) -> dict[str, Any]:
    first, second = by_size(one, other)
    return {"first": first.name, "second": second.name, "distance": round(float(distance), 6)}


def in_words(pair: Pair) -> str:
    """Say how the second picture is made of the first."""
    copy = pair.copy
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
    return {
        "first": pair.first.name,
        "second": pair.second.name,
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
