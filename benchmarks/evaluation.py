"""How long one evaluation takes: 5,063 synthetic vectors named like Oxford Buildings, 55 topics.

    python -m benchmarks.evaluation [rounds]

Fills a temporary SQLite database, then prints medians: the first evaluation reads the vectors,
later ones find them in memory. Query vectors are in place, as after any earlier evaluation.
"""

import os
import statistics
import sys
import tempfile
import time

IMAGES = 5063
MODEL_ID = "vgg16/untrained/float32"


def set_up(folder: str) -> None:
    os.environ["SIS_VAR_DIR"] = folder
    os.environ["SIS_WEIGHTS"] = "untrained"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/benchmark.sqlite3"
    os.environ["DJANGO_SETTINGS_MODULE"] = "sis_project.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("import_groundtruth", "--collection", "oxford5k", verbosity=0)


def fill() -> None:
    """Store pictures without files, and the topics' query vectors."""
    from catalog.models import Collection, Image
    from evaluation.differences import box_in_words
    from evaluation.models import Judgement, Topic, TopicVector

    collection = Collection.objects.get(slug="oxford5k")
    judged = set(Judgement.objects.values_list("name", flat=True))
    judged |= set(Topic.objects.values_list("image_name", flat=True))
    names = sorted(judged) + [f"distractor_{n:06d}" for n in range(IMAGES - len(judged))]
    vectors = unit_vectors(len(names), seed=1)
    for start in range(0, len(names), 200):
        Image.objects.bulk_create(
            Image(
                collection=collection,
                name=name,
                source_name=f"{name}.jpg",
                file=f"{name}.jpg",
                format="JPEG",
                width=2000,
                height=2000,
                byte_size=1,
                sha256=f"{start + n:064x}",
                fc6=vectors[start + n],
                fc6_model_id=MODEL_ID,
            )
            for n, name in enumerate(names[start : start + 200])
        )
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


def unit_vectors(count: int, *, seed: int):
    import numpy as np

    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 4096)).clip(min=0).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def timed(**options) -> float:
    from evaluation.models import Benchmark
    from evaluation.runner import evaluate

    benchmark = Benchmark.objects.by_name("oxford5k")
    started = time.perf_counter()
    run = evaluate(benchmark=benchmark, **options)
    elapsed = time.perf_counter() - started
    assert (run.topics_counted, run.images_ranked) == (55, IMAGES), run
    return elapsed


def search_alone() -> float:
    from catalog.models import Collection
    from search.engines import get_engine

    engine = get_engine()
    queries = unit_vectors(55, seed=3)
    within = Collection.objects.get(slug="oxford5k").pk
    started = time.perf_counter()
    engine.search(queries, IMAGES, within=within)
    return time.perf_counter() - started


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory(prefix="sis-benchmark-") as folder:
        set_up(folder)
        fill()
        print(f"first evaluation, reads {IMAGES} vectors: {timed():.2f} s")
        for title, measure in (
            ("evaluation, query boxes", timed),
            ("evaluation, whole pictures", lambda: timed(crop=False)),
            ("of that, the search itself", search_alone),
        ):
            times = [measure() for _ in range(rounds)]
            print(f"{title}: median {statistics.median(times):.2f} s, best {min(times):.2f} s")


if __name__ == "__main__":
    main()
