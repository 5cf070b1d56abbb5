"""`manage.py choose_recipe`: which way to rank finds a collection's own pictures best?"""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.management.arguments import positive_int, whole_number
from catalog.management.base import SisCommand
from catalog.management.interrupts import EXIT_INTERRUPTED, stop_on_interrupt
from catalog.management.progress import Progress
from catalog.models import Collection
from catalog.names import printable
from evaluation.models import RecipeTrial
from evaluation.trials.measuring import TrialInterrupted
from evaluation.trials.running import MOST_PICTURES, PICTURES, TrialError, try_recipes
from search.recipes import RecipeError, keep_choice


def number_of_pictures(text: str) -> int:
    """Read how many pictures to sample; raises `ArgumentTypeError` for too many."""
    number = positive_int(text)
    if number > MOST_PICTURES:
        raise ArgumentTypeError(f"at most {MOST_PICTURES} pictures can be sampled")
    return number


class Command(SisCommand):
    help = (
        "Try ways to rank on a collection's own pictures: parts of some of them, also mirrored, "
        "darkened and brightened, are searched for in each way, to find the originals. "
        "This measures whether the same picture is found again, not whether other pictures of the "
        "same thing are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--collection", required=True, metavar="SLUG")
        parser.add_argument(
            "--recipes", default="all", metavar="NAMES", help="“all”, or names with commas between"
        )
        parser.add_argument(
            "--pictures",
            type=number_of_pictures,
            default=PICTURES,
            metavar="N",
            help="how many pictures are sampled; default: %(default)s",
        )
        parser.add_argument("--seed", type=whole_number, default=0, metavar="N")
        parser.add_argument(
            "--keep", action="store_true", help="let pages search the collection by the best one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        collection = Collection.objects.filter(slug=options["collection"]).first()
        if collection is None:
            known = ", ".join(Collection.objects.values_list("slug", flat=True))
            text = _("There is no collection “%(slug)s”. Collections: %(known)s.")
            raise CommandError(text % {"slug": options["collection"], "known": known})
        names = options["recipes"].split(",") if options["recipes"] != "all" else []
        try:
            trial = self.try_recipes(collection, [name.strip() for name in names], options)
            for line in as_table(trial):
                self.stdout.write(line)
            if options["keep"]:
                keep_choice(collection=collection, recipe=trial.best)
                text = _("Pages search collection “%(slug)s” by %(name)s from now on.")
                self.stdout.write(text % {"slug": collection.slug, "name": trial.best})
        except (TrialError, RecipeError) as error:
            raise CommandError(str(error)) from error
        except TrialInterrupted as error:
            raise CommandError(
                _("Interrupted: nothing was stored. Run the command again."),
                returncode=EXIT_INTERRUPTED,
            ) from error

    def try_recipes(
        self, collection: Collection, names: list[str], options: dict[str, Any]
    ) -> RecipeTrial:
        with (
            stop_on_interrupt() as stop,
            Progress(
                total=None,
                unit=_("pictures"),
                stream=self.stderr,
                verbosity=options["verbosity"],
            ) as progress,
        ):

            def on_progress(done: int, total: int) -> None:
                progress.advance(done - progress.count)

            return try_recipes(
                collection=collection,
                recipes=names,
                pictures=options["pictures"],
                seed=options["seed"],
                on_progress=on_progress,
                should_stop=stop.is_set,
            )


def as_table(trial: RecipeTrial) -> Iterator[str]:
    """Yield the lines: a recipe each, best first, in percent, then what the figures mean."""
    kinds = list(trial.results["kinds"])
    width = max([len(_("way to rank")), *(len(row["recipe"]) for row in trial.rows)])
    heads = "".join(f"{kind:>8}" for kind in kinds)
    yield f"{_('way to rank'):<{width}}{'MRR':>7}  {'95 %':<12}{'P@1':>7}{heads}{'p':>8}"
    for row in trial.rows:
        span = f"{row['low'] * 100:.1f}-{row['high'] * 100:.1f}"
        shares = "".join(f"{row['by_kind'].get(kind, 0) * 100:>8.1f}" for kind in kinds)
        chance = "" if row["chance"] is None else f"{row['chance']:.3f}"
        yield (
            f"{row['recipe']:<{width}}{row['mean'] * 100:>7.1f}  {span:<12}"
            f"{row['first'] * 100:>7.1f}{shares}{chance:>8}"
        )
    yield ""
    yield _(
        "%(queries)d queries made of %(pictures)d pictures. MRR: mean reciprocal rank of the "
        "original, in percent, with a 95 %% interval over pictures; p: against the best."
    ) % {"queries": trial.results["queries"], "pictures": trial.results["pictures"]}
    equal = [row["recipe"] for row in trial.rows if row["as_good"] and row["recipe"] != trial.best]
    if equal:
        yield _("Not told apart from the best: %(names)s.") % {"names": ", ".join(equal)}
    yield _(
        "It measures whether the same picture is found again when it was changed, not whether "
        "other pictures of the same thing are found."
    )
    for name, reason in trial.results["skipped"]:
        yield _("%(name)s was skipped: %(reason)s") % {"name": printable(name), "reason": reason}
