"""Which images a benchmark's labels name, and which of them they call the same thing."""

from itertools import combinations

from catalog.models import Collection

from .models import Benchmark


def labelled_images(benchmark: Benchmark, collection: Collection) -> list[int]:
    """Return the images of the collection that the labels name, queries included."""
    names = {
        name
        for topic in benchmark.ground_truth().topics
        for name in (topic.image, *topic.labelled(benchmark.labels))
    }
    return sorted(image.pk for image in collection.images.named(sorted(names)).values())


def pairs_of(benchmark: Benchmark, collection: Collection) -> list[tuple[int, int]]:
    """Return all pairs of images of the collection that show the same landmark, in order.

    A landmark's images are those that the usual protocol counts as right for any of its topics.
    """
    landmarks: dict[str, set[str]] = {}
    positives = benchmark.protocols[0].positives
    for topic in benchmark.ground_truth().topics:
        landmarks.setdefault(topic.landmark, set()).update(topic.labelled(positives))
    every = sorted(set().union(*landmarks.values()))
    ids = {name: image.pk for name, image in collection.images.named(every).items()}
    groups = [sorted(ids[name] for name in names if name in ids) for names in landmarks.values()]
    return sorted({pair for group in groups for pair in combinations(group, 2)})
