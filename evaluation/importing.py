"""Ground truth -> rows. Everything about a benchmark's facts is written here.

An import has two steps, so that a person can look at what it would change in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.imports.checking import check_slug
from catalog.imports.sources import ImportRefused
from catalog.models import Collection, Image
from catalog.querysets import VALUES_AT_A_TIME, in_parts

from .formats.differences import Difference, differences, same_order
from .formats.ground_truth import GroundTruth, TopicFacts, judgements_hash
from .formats.names import NameCheck, look_up
from .formats.problems import GroundTruthError, Problem, ProblemCode
from .messages import unknown_in_labels
from .models import Benchmark, Judgement, Topic
from .models.benchmarks import LONGEST_NAME

# Real boxes are measured by hand and rounded; one pixel is not a mistake.
BOX_TOLERANCE = 1.0


class BenchmarkRefused(ValueError):
    """An import cannot be done as asked; the message, in the user's language, says why."""


class NoneKnown(BenchmarkRefused):
    """The collection has images, and none of them is labelled; `allow_unknown` would let it be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `before` is None where the benchmark is new.

    `differences` are the facts it would change; `reordered` says that only the order of names
    differs, which nothing but the historical metric depends on. `labelled` and `queries` say how
    many of the names are pictures of the collection; `pictures` is how many it has, 0 where it
    does not exist yet.
    """

    name: str
    collection: str
    ground_truth: GroundTruth
    before: GroundTruth | None
    differences: tuple[Difference, ...]
    reordered: bool
    pictures: int
    labelled: NameCheck
    queries: NameCheck

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_unchanged(self) -> bool:
        return not (self.is_new or self.differences or self.reordered)

    @property
    def needs_confirmation(self) -> bool:
        return not self.is_new and bool(self.differences)


def plan_import(
    *, ground_truth: GroundTruth, benchmark: str, collection: str, allow_unknown: bool = False
) -> Plan:
    """Compare a ground truth with what the benchmark and the collection hold; writes nothing.

    Raises `GroundTruthError` for a box that ends outside its image (of those in the collection),
    `BenchmarkRefused` for names that cannot be and for a benchmark of another collection or kind,
    and `NoneKnown` where the collection has images and none of the labelled names is one of them:
    labels may come before images, but not to a collection of others. `allow_unknown` lets them.
    """
    check_names(benchmark=benchmark, collection=collection)
    stored = Benchmark.objects.filter(name=benchmark).select_related("collection").first()
    if stored:
        check_same_kind(stored, ground_truth, collection)
    check_boxes(ground_truth, collection)
    before = stored.ground_truth() if stored else None
    changed = tuple(differences(before, ground_truth)) if before else ()
    images = Image.objects.filter(collection__slug=collection)
    known = frozenset(images.values_list("name", flat=True))
    plan = Plan(
        name=benchmark,
        collection=collection,
        ground_truth=ground_truth,
        before=before,
        differences=changed,
        reordered=before is not None and not changed and not same_order(before, ground_truth),
        pictures=len(known),
        labelled=look_up(labelled_names(ground_truth), known),
        queries=look_up((topic.image for topic in ground_truth.topics), known),
    )
    if known and plan.labelled.none_known and not (allow_unknown or plan.is_unchanged):
        raise NoneKnown(unknown_in_labels(plan.labelled, collection))
    return plan


def labelled_names(truth: GroundTruth) -> Iterator[str]:
    """Yield every judged name, topic by topic, as often as it is judged."""
    return (name for topic in truth.topics for name in topic.labelled(truth.labels))


@transaction.atomic
def apply_import(*, plan: Plan) -> Benchmark:
    """Do what the plan says, all or nothing; creates the collection where it does not exist.

    Topics and judgements that stay keep their rows, and so their history in the admin. Raises
    `BenchmarkRefused` where the benchmark was changed since the plan was made.
    """
    truth = plan.ground_truth
    collection, _made = Collection.objects.get_or_create(slug=plan.collection)
    stored = Benchmark.objects.select_for_update().filter(name=plan.name).first()
    if (stored.ground_truth() if stored else None) != plan.before:
        raise BenchmarkRefused(
            _("Benchmark “%(name)s” has changed in the meantime; nothing was imported. Try again.")
            % {"name": plan.name}
        )
    if stored and plan.is_unchanged:
        return stored
    benchmark = stored or Benchmark(name=plan.name, collection=collection)
    benchmark.labels = list(truth.labels)
    benchmark.judgements_hash = judgements_hash(truth)
    benchmark.imported_at = timezone.now()
    benchmark.save()
    store_topics(benchmark, truth)
    store_judgements(benchmark, truth)
    return benchmark


def store_topics(benchmark: Benchmark, truth: GroundTruth) -> None:
    known = {topic.name: topic for topic in benchmark.topics.all()}
    wanted = {facts.name for facts in truth.topics}
    for part in in_parts([topic.pk for name, topic in known.items() if name not in wanted]):
        Topic.objects.filter(pk__in=part).delete()
    added: list[Topic] = []
    kept: list[Topic] = []
    for position, facts in enumerate(truth.topics):
        topic = known.get(facts.name) or Topic(benchmark=benchmark, name=facts.name)
        topic.position, topic.image_name, topic.box = position, facts.image, facts.box
        (kept if topic.pk else added).append(topic)
    Topic.objects.bulk_create(added)
    Topic.objects.bulk_update(
        kept, ["position", "image_name", "x1", "y1", "x2", "y2"], batch_size=100
    )


def store_judgements(benchmark: Benchmark, truth: GroundTruth) -> None:
    topics = {topic.name: topic for topic in benchmark.topics.all()}
    rows = Judgement.objects.filter(topic__benchmark=benchmark)
    known = {(row.topic_id, row.name): row for row in rows}
    added, changed = [], []
    for facts in truth.topics:
        topic = topics[facts.name]
        for label, names in facts.judgements.items():
            for position, name in enumerate(names):
                row = known.pop((topic.pk, name), None)
                if row is None:
                    added.append(Judgement(topic=topic, name=name, label=label, position=position))
                elif (row.label, row.position) != (label, position):
                    row.label, row.position = label, position
                    changed.append(row)
    gone = [row.pk for row in known.values()]
    for part in in_parts(gone):
        Judgement.objects.filter(pk__in=part).delete()
    Judgement.objects.bulk_create(added, batch_size=VALUES_AT_A_TIME)
    Judgement.objects.bulk_update(changed, ["label", "position"], batch_size=VALUES_AT_A_TIME)


@transaction.atomic
def refresh_hash(*, benchmark: Benchmark) -> None:
    """Update a benchmark's hash after judgements were edited one by one.

    Runs from before keep the old hash, so that they are not compared with later ones unnoticed.
    """
    benchmark.judgements_hash = judgements_hash(benchmark.ground_truth())
    benchmark.save(update_fields=["judgements_hash"])


def next_position(*, topic: Topic, label: str) -> int:
    """Return the place after the last judgement of that label."""
    last = topic.judgements.filter(label=label).order_by("-position").first()
    return last.position + 1 if last else 0


def check_names(*, benchmark: str, collection: str) -> None:
    """Raise `BenchmarkRefused` for what cannot be a benchmark's or a collection's short name."""
    try:
        check_slug(collection)
    except ImportRefused as error:
        raise BenchmarkRefused(str(error)) from error
    try:
        Benchmark._meta.get_field("name").clean(benchmark, None)
    except ValidationError as error:
        raise BenchmarkRefused(
            _(
                "“%(name)s” cannot be used as a benchmark's name: "
                "use at most %(longest)d letters a-z, digits, hyphens and underscores."
            )
            % {"name": benchmark, "longest": LONGEST_NAME}
        ) from error


def check_same_kind(stored: Benchmark, truth: GroundTruth, collection: str) -> None:
    if stored.collection.slug != collection:
        raise BenchmarkRefused(
            _(
                "Benchmark “%(name)s” belongs to collection “%(stored)s”, not “%(asked)s”: "
                "choose another name for this one."
            )
            % {"name": stored.name, "stored": stored.collection.slug, "asked": collection}
        )
    if list(truth.labels) != stored.labels:
        raise BenchmarkRefused(
            _(
                "Benchmark “%(name)s” has the labels %(stored)s, the file has %(found)s: "
                "choose another name for this one."
            )
            % {
                "name": stored.name,
                "stored": ", ".join(stored.labels),
                "found": ", ".join(truth.labels),
            }
        )


def check_boxes(truth: GroundTruth, collection: str) -> None:
    """Raise `GroundTruthError` naming the boxes that end outside the collection's images."""
    names = sorted({topic.image for topic in truth.topics if topic.box})
    images = Image.objects.filter(collection__slug=collection).named(names)
    sizes = {name: (image.width, image.height) for name, image in images.items()}
    problems = [
        box_problem(topic, sizes[topic.image])
        for topic in truth.topics
        if topic.box and topic.image in sizes and is_outside(topic.box, *sizes[topic.image])
    ]
    if problems:
        raise GroundTruthError(problems)


def is_outside(box: tuple[float, float, float, float], width: int, height: int) -> bool:
    """Whether a box ends outside an image of that size in pixels."""
    return box[2] > width + BOX_TOLERANCE or box[3] > height + BOX_TOLERANCE


def box_problem(topic: TopicFacts, size: tuple[int, int]) -> Problem:
    shown = " ".join(f"{side:g}" for side in topic.box or ())
    other = "{} × {}".format(*size)
    return Problem(topic.file, topic.line, ProblemCode.BOX_OUTSIDE, shown, other, topic.where)
