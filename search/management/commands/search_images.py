"""`manage.py search_images`: the search of the web page, from the command line."""

import csv
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from catalog.describing import describe_query
from catalog.descriptors import DescriptorError
from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.management.machines import as_json
from catalog.models import Collection
from catalog.names import cell, printable
from catalog.pixels import PictureError, decode
from catalog.querysets import UnknownCollection
from catalog.trouble.reasons import reason
from catalog.visibility import Scope
from search.boxes import box_argument
from search.recipes import default_recipe, get_recipe
from search.services import Results, find_similar, nothing_to_rank


class Command(SisCommand):
    help = "Find the images most similar to a picture file, or to a box of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="the picture to search with")
        parser.add_argument("--collection", metavar="SLUG", help="search in this one only")
        parser.add_argument(
            "--box",
            type=box_argument,
            metavar="x1,y1,x2,y2",
            help="use only this part of the upright picture, in pixels",
        )
        parser.add_argument(
            "--recipe",
            metavar="NAME",
            help="how to rank: a descriptor or one that the setting SIS_RECIPES declares; "
            "default: the one that pages use for the collection",
        )
        parser.add_argument(
            "--descriptor", metavar="NAME", help="the same, by the option's former name"
        )
        parser.add_argument("--top", type=positive_int, default=30, metavar="N")
        parser.add_argument("--format", choices=("table", "json", "csv"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["collection"]
        try:
            collection = Collection.objects.by_slug(slug) if slug else None
            scope = Scope.of(collection)
            pixels = read(options["path"])
            name = options["recipe"] or options["descriptor"]
            recipe = get_recipe(name) if name else default_recipe(collection)
            described = describe_query(
                pixels=pixels, box=options["box"], descriptors=recipe.describers
            )
            results = find_similar(
                described={descriptor.name: one for descriptor, one in described.items()},
                scope=scope,
                page_size=options["top"],
                recipe=recipe,
            )
        except (DescriptorError, UnknownCollection) as error:
            raise CommandError(str(error)) from error
        except PictureError as error:
            raise CommandError(f"{printable(options['path'])}: {error}") from error
        if not results.ranked:
            raise CommandError(nothing_to_rank(scope=scope, recipe=recipe))
        self.show(results, slug, options["format"])

    def show(self, results: Results, slug: str | None, style: str) -> None:
        rows = [
            {
                "rank": hit.rank,
                "id": hit.image.pk,
                "name": hit.image.name,
                results.measure: round(hit.score, 6),
                **({"proven_points": hit.inliers} if results.verification else {}),
            }
            for hit in results.hits
        ]
        if style == "json":
            answer = {
                "recipe": results.recipe.name,
                "model_id": " + ".join(results.recipe.model_ids),
                "collection": slug,
                "hits": rows,
            }
            self.stdout.write(as_json(answer, self.stdout))
        elif style == "csv":
            columns = ["rank", "id", "name", results.measure]
            columns += ["proven_points"] if results.verification else []
            writer = csv.DictWriter(self.stdout, columns)
            writer.writeheader()
            writer.writerows(row | {"name": cell(str(row["name"]))} for row in rows)
        else:
            for row in rows:
                points = f"{row['proven_points']:>5}  " if results.verification else ""
                self.stdout.write(
                    f"{row['rank']:>5}  {row[results.measure]:.4f}  {points}{row['id']:>8}  "
                    f"{printable(str(row['name']))}"
                )
        self.show_left_out(results)

    def show_left_out(self, results: Results) -> None:
        if results.counts:
            self.stderr.write(
                _(
                    "%(left_out)d of %(total)d images left out: %(missing)d without features, "
                    "%(outdated)d with features of another model id, %(failed)d failed."
                )
                % {
                    "left_out": results.counts.left_out,
                    "total": results.counts.total,
                    "missing": results.counts.missing,
                    "outdated": results.counts.outdated,
                    "failed": results.counts.failed,
                }
            )


def read(path: str) -> PillowImage.Image:
    """Return the upright pixels of a file; raises `PictureError`, and `CommandError` in words."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (the path as it was given)
            return decode(file).pixels
    except (OSError, ValueError) as error:  # the latter: a path with NUL
        if isinstance(error, PictureError):
            raise
        text = _("The picture %(path)s cannot be read (%(reason)s).")
        raise CommandError(text % {"path": printable(path), "reason": reason(error)}) from error
