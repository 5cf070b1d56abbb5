"""One evaluation: synthetic vectors named like Oxford Buildings, 55 topics, all metrics.

    python -m benchmarks.evaluation [--rows 5063] [--rounds 7] [--json FILE]

Query vectors are in place, as after any earlier evaluation. The first evaluation of a process
also reads the images' vectors; later ones find them in memory.
"""

import argparse
from functools import partial
from typing import Any

from .measuring import Report, Variant, arguments, interleave
from .temporary import MODEL_ID, fill_vectors, temporary_system, unit_vectors

TOPICS = 55


def fill(count: int) -> None:
    """Store the benchmark, `count` pictures without files, and the topics' query vectors."""
    from django.core.management import call_command

    from catalog.models import Image
    from evaluation.formats.differences import box_in_words
    from evaluation.models import Judgement, Topic, TopicVector

    call_command("import_groundtruth", "--collection", "oxford5k", verbosity=0)
    judged = set(Judgement.objects.values_list("name", flat=True))
    judged |= set(Topic.objects.values_list("image_name", flat=True))
    names = sorted(judged) + [f"distractor_{n:06d}" for n in range(count - len(judged))]
    vectors = unit_vectors(len(names), seed=1)
    fill_vectors(vectors, slug="oxford5k", names=names, size=(2000, 2000))  # room for every box
    fingerprints = dict(Image.objects.values_list("name", "sha256"))
    topics = list(Topic.objects.all())
    for topic, vector in zip(topics, unit_vectors(len(topics), seed=2), strict=True):
        TopicVector.objects.create(
            topic=topic,
            descriptor="fc6",
            model_id=MODEL_ID,
            box=box_in_words(topic.box),
            sha256=fingerprints[topic.image_name],
            data=vector.tobytes(),
        )


def evaluate_all(count: int, **options: Any) -> None:
    from evaluation.models import Benchmark
    from evaluation.runs.runner import evaluate

    run = evaluate(benchmark=Benchmark.objects.by_name("oxford5k"), **options)
    assert (run.topics_counted, run.images_ranked) == (TOPICS, count), run


def search_alone(count: int) -> None:
    from catalog.models import Collection
    from search.engines import get_engine

    within = frozenset([Collection.objects.get(slug="oxford5k").pk])
    get_engine().search(unit_vectors(TOPICS, seed=3), count, within=within)


def measure(report: Report, options: argparse.Namespace) -> None:
    evaluation = partial(evaluate_all, options.rows)
    first = Variant("first evaluation, reads the vectors", evaluation)
    interleave([first], rounds=1, warm=False)
    variants = [
        Variant("evaluation, query boxes", evaluation),
        Variant("evaluation, whole pictures", partial(evaluation, crop=False)),
        Variant("of that, the search itself", partial(search_alone, options.rows)),
    ]
    interleave(variants, rounds=options.rounds, pause=options.pause)
    report.table(
        f"{TOPICS} topics, {options.rows:,} images",
        [
            {"what": v.name, "median ms": v.median * 1000, "minimum ms": v.best * 1000}
            for v in (first, *variants)
        ],
    )


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=7)
    parser.add_argument("--rows", type=int, default=5063, help="images of the collection")
    options = parser.parse_args()
    report = Report("Evaluation", options)
    with temporary_system():
        fill(options.rows)
        measure(report, options)
    report.close()


if __name__ == "__main__":
    main()
