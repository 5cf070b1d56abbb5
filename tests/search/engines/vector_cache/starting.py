"""Engines as processes start them, and what they find."""

from catalog.descriptors import get_descriptor
from search.engines.exact import ExactEngine
from tests.helpers import unit_vectors

VECTORS = unit_vectors(12, seed=1)


def started(engine_class=ExactEngine, **options):
    """An engine as another process would start it, its file written if it writes one."""
    engine = engine_class(descriptor=get_descriptor(), **options)
    engine.sync()
    engine.finish()
    return engine


def files(var_folder, suffix=".vectors"):
    return sorted((var_folder / "cache" / "vectors").glob(f"*/*{suffix}"))


def first_of(engine, vector):
    ids, distances = engine.search(vector[None], 1)
    return int(ids[0, 0]), float(distances[0, 0])


def uses_file(engine):
    return engine._snapshot.base.mark is not None
