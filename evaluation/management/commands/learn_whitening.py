"""`manage.py learn_whitening`: learn a whitening from a collection's stored vectors."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.management.arguments import positive_int
from catalog.management.base import SisCommand
from catalog.models import Collection, Whitening
from catalog.querysets import UnknownCollection
from catalog.regions import with_regions
from catalog.whitenings import learn_whitening
from evaluation.models import Benchmark
from evaluation.querysets import UnknownBenchmark
from evaluation.same_things import labelled_images, pairs_of

# Eigenvectors take time by the cube of this: at fc6's 4096 numbers, a minute.
SLOW_DIM = 3000


class Command(SisCommand):
    help = (
        "Learn a whitening of a descriptor from the vectors of a collection. The whitened "
        "descriptor has a name of its own, NAME+pca512 or NAME+lw512."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--descriptor", required=True, metavar="NAME")
        parser.add_argument("--collection", required=True, metavar="SLUG")
        parser.add_argument(
            "--dim",
            type=positive_int,
            default=512,
            metavar="N",
            help="numbers to keep; %(default)s",
        )
        parser.add_argument(
            "--regions",
            action="store_true",
            help="from the regions that are kept, to whiten each of them: NAME+rpca512",
        )
        labels = parser.add_mutually_exclusive_group()
        labels.add_argument(
            "--labelled",
            metavar="BENCHMARK",
            help="discriminative, from pairs of images that this benchmark's labels call the same",
        )
        labels.add_argument(
            "--unlabelled",
            metavar="BENCHMARK",
            help="only from images that this benchmark's labels do not name: its distractors",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            learned = self.learn(options)
        except (DescriptorError, UnknownCollection, UnknownBenchmark) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("Learned %(name)s from %(number)d images of “%(collection)s”.")
            % {"name": learned.name, "number": learned.images, "collection": learned.learned_on}
        )
        self.stdout.write(
            _("Now derive its vectors: manage.py extract_features --descriptor %(name)s")
            % {"name": learned.name}
        )

    def learn(self, options: dict[str, Any]) -> Whitening:
        if options["regions"] and options["labelled"]:
            raise CommandError(_("--regions does not go with --labelled."))
        collection = Collection.objects.by_slug(options["collection"])
        images, pairs, benchmark = collection.images.all(), [], ""
        if name := options["labelled"] or options["unlabelled"]:
            found = Benchmark.objects.by_name(name)
            if options["labelled"]:
                benchmark, pairs = found.name, pairs_of(found, collection)
                if not pairs:
                    raise CommandError(
                        _("“%(benchmark)s” calls no two images of “%(collection)s” the same.")
                        % {"benchmark": found.name, "collection": collection.slug}
                    )
            else:
                images = images.exclude(pk__in=labelled_images(found, collection))
        descriptor = get_descriptor(options["descriptor"])
        if options["regions"]:
            with_regions(descriptor)
        if descriptor.dim >= SLOW_DIM:
            self.stderr.write(_("Learning takes a minute or two where vectors are this long."))
        return learn_whitening(
            descriptor=descriptor,
            collection=collection,
            images=images,
            dim=options["dim"],
            pairs=pairs,
            benchmark=benchmark,
            regions=options["regions"],
        )
