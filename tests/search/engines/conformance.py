"""What every search engine must do. Subclass `EngineConformance` for another kind of query, or
`VectorConformance`, and give `engine_path`."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pytest
from django.db import connection

from catalog.descriptors import PictureDescriptor, get_descriptor
from catalog.models import Collection, Image
from search.engines import get_engine, reset_engines
from tests.helpers import MODEL_ID, add_image, unit_vectors


def brute_force(vectors: np.ndarray, ids: list[int], query: np.ndarray):
    """Order by (float64 distance rounded to float32, id): the definition, in plain steps."""
    distances = [
        np.float32(np.linalg.norm(vector.astype(np.float64) - query.astype(np.float64)))
        for vector in vectors
    ]
    return sorted(zip(distances, ids, strict=True))


@pytest.mark.django_db
class EngineConformance(ABC):
    """What holds of any kind of query; "a thing" is what an image is described by and asked for."""

    engine_path: str
    options: dict = {}
    best: float  # the score of what is the same, within `tolerance`
    tolerance: float = 0

    @abstractmethod
    def descriptor(self) -> PictureDescriptor: ...

    @abstractmethod
    def things(self, count: int, *, seed: int = 0) -> Any:
        """Some that are unlike each other, as the engine is asked for several at once."""

    @abstractmethod
    def add(self, collection: Collection, name: str, thing: Any, *, model_id: str = "") -> Image:
        """An image that is described by a thing; with a model id, by a foreign one."""

    @abstractmethod
    def change(self, pk: int, thing: Any) -> None: ...

    @abstractmethod
    def outdate(self, pk: int) -> None:
        """Give what is stored a foreign model id."""

    @abstractmethod
    def take_away(self, pk: int) -> None: ...

    @pytest.fixture(autouse=True)
    def declare(self, settings):
        settings.SEARCH_ENGINES = {
            "default": {"BACKEND": self.engine_path, "OPTIONS": self.options}
        }
        yield
        reset_engines()

    def engine(self):
        return get_engine(descriptor=self.descriptor())

    @pytest.fixture
    def filled(self, collection):
        """40 images, and an engine in step with them."""
        things = self.things(40, seed=1)
        images = [self.add(collection, f"i{n}", thing) for n, thing in enumerate(things)]
        engine = self.engine()
        engine.sync()
        return engine, [image.pk for image in images], things

    def test_what_is_stored_finds_itself_first_with_the_best_score(self, filled):
        # Of distances, sqrt(2 - 2 x.q) would give up to 5e-4 here.
        engine, ids, things = filled
        found, scores = engine.search(things[:3], 1)
        assert (found.dtype, scores.dtype) == (np.int64, np.float32)
        assert found[:, 0].tolist() == ids[:3]
        np.testing.assert_allclose(scores[:, 0], self.best, rtol=0, atol=self.tolerance)

    def test_scores_are_sorted_as_the_measure_says(self, filled):
        engine, _ids, _things = filled
        answer = engine.answer(self.things(3, seed=2), 40)
        assert answer.measure == engine.measure
        ascending = answer.scores if engine.measure == "distance" else -answer.scores
        assert (np.diff(ascending, axis=1) >= 0).all()
        assert len(set(np.round(answer.scores[0], 6).tolist())) > 5  # not all the same

    def test_ties_are_ordered_by_id_even_across_the_cut(self, collection):
        thing = self.things(1)[0]
        ids = [self.add(collection, f"same{n}", thing).pk for n in range(9)]
        engine = self.engine()
        engine.sync()
        found, scores = engine.search(self.things(1, seed=3), 4)
        assert found[0].tolist() == ids[:4]
        assert len(set(scores[0].tolist())) == 1

    def test_fewer_rows_than_k_gives_a_shorter_answer(self, filled):
        engine, ids, _ = filled
        found, scores = engine.search(self.things(2), 1000)
        assert found.shape == scores.shape == (2, 40)
        assert set(found[0].tolist()) == set(ids)

    def test_an_empty_database_answers_with_nothing(self, db):
        engine = self.engine()
        engine.sync()
        found, scores = engine.search(self.things(2), 5)
        assert found.shape == scores.shape == (2, 0)
        assert engine.count() == 0

    def test_within_keeps_to_one_collection(self, filled):
        engine, ids, things = filled
        other = Collection.objects.create(slug="other")
        stranger = self.add(other, "stranger", things[0])
        engine.sync()
        home = Image.objects.get(pk=ids[0]).collection_id
        assert stranger.pk not in engine.search(things[:1], 100, within=frozenset([home]))[0]
        assert engine.search(things[:1], 100, within=frozenset([other.pk]))[0].tolist() == [
            [stranger.pk]
        ]
        assert engine.search(things[:1], 2)[0].tolist() == [[ids[0], stranger.pk]]
        assert engine.search(things[:1], 5, within=frozenset([10**6]))[0].shape == (1, 0)
        assert (
            engine.count(within=frozenset([home])),
            engine.count(within=frozenset([other.pk])),
        ) == (40, 1)

    def test_what_another_model_made_takes_no_part(self, filled, collection):
        engine, ids, things = filled
        foreign = self.add(collection, "foreign", things[0], model_id="another")
        self.outdate(ids[1])
        engine.sync()
        found = set(engine.search(things[:1], 100)[0][0].tolist())
        assert found == set(ids) - {ids[1]}
        assert foreign.pk not in found

    def test_sync_sees_rows_added_changed_moved_and_deleted(self, filled, collection):
        engine, ids, things = filled
        fresh = self.things(4, seed=9)
        added = self.add(collection, "added", fresh[0])
        self.change(ids[5], fresh[1])
        other = Collection.objects.create(slug="other")
        Image.objects.filter(pk=ids[6]).update(collection=other)
        Image.objects.filter(pk=ids[7]).delete()
        self.take_away(ids[8])
        stale = engine.search(fresh[:1], 1)[0]
        engine.sync()
        found, scores = engine.search(fresh[:2], 1)
        assert stale[0, 0] != added.pk  # the answer is as of the last sync
        assert found[:, 0].tolist() == [added.pk, ids[5]]
        np.testing.assert_allclose(scores[:, 0], self.best, rtol=0, atol=self.tolerance)
        assert engine.search(things[6:7], 1, within=frozenset([other.pk]))[0].tolist() == [[ids[6]]]
        everything = set(engine.search(things[:1], 100)[0][0].tolist())
        assert everything == set(ids) - {ids[7], ids[8]} | {added.pk}
        assert engine.count() == 39

    def test_many_deletions_leave_the_rest_findable(self, filled):
        # Catches a compaction that mixes up rows and ids.
        engine, ids, things = filled
        Image.objects.filter(pk__in=ids[::2]).delete()
        engine.sync()
        found, scores = engine.search(things[1::2], 1)
        assert found[:, 0].tolist() == ids[1::2]
        np.testing.assert_allclose(scores[:, 0], self.best, rtol=0, atol=self.tolerance)

    def test_many_changes_one_by_one_are_all_followed(self, filled):
        # Catches pieces of what changed that are joined wrongly.
        engine, ids, things = filled
        fresh = self.things(24, seed=11)
        for pk, thing in zip(ids, fresh, strict=False):
            self.change(pk, thing)
            engine.sync()
        found, scores = engine.search(fresh, 1)
        assert found[:, 0].tolist() == ids[:24]
        np.testing.assert_allclose(scores[:, 0], self.best, rtol=0, atol=self.tolerance)
        assert engine.search(things[30:31], 1)[0].tolist() == [[ids[30]]]
        assert engine.count() == 40

    def test_emptied_tables_are_noticed(self, filled):
        from catalog.models import VectorChange

        engine, _, things = filled
        Image.objects.all().delete()
        VectorChange.objects.all().delete()
        engine.sync()
        assert engine.search(things[:1], 5)[0].shape == (1, 0)

    def test_nothing_changed_costs_one_query(self, filled, django_assert_num_queries):
        engine, _, _ = filled
        with django_assert_num_queries(1):
            engine.sync()

    def test_no_depth_is_refused(self, filled):
        with pytest.raises(ValueError, match="at least 1"):
            filled[0].search(self.things(1), 0)

    def test_the_same_engine_serves_the_whole_process(self, db):
        assert self.engine() is self.engine()


class VectorConformance(EngineConformance):
    """Distances of fc6 vectors."""

    best = 0

    def descriptor(self) -> PictureDescriptor:
        return get_descriptor()

    def things(self, count: int, *, seed: int = 0) -> np.ndarray:
        return unit_vectors(count, seed=seed)

    def add(self, collection, name, thing, *, model_id=""):
        return add_image(collection, name, vector=thing, model_id=model_id or MODEL_ID)

    def change(self, pk, thing):
        Image.objects.filter(pk=pk).update(fc6=thing)

    def outdate(self, pk):
        Image.objects.filter(pk=pk).update(fc6_model_id="another")

    def take_away(self, pk):
        Image.objects.filter(pk=pk).update(fc6=None, fc6_model_id="")

    def test_order_and_distances_equal_brute_force(self, filled):
        engine, ids, vectors = filled
        queries = unit_vectors(5, seed=2)
        found, distances = engine.search(queries, 7)
        assert found.dtype == np.int64
        assert distances.dtype == np.float32
        for row, query in enumerate(queries):
            expected = brute_force(vectors, ids, query)[:7]
            assert found[row].tolist() == [pk for _, pk in expected]
            np.testing.assert_allclose(distances[row], [d for d, _ in expected], rtol=1e-6)

    def test_near_ties_at_the_cut_are_ordered_by_true_distance(self, collection):
        # Products rounded to float32 cannot tell these apart; the distances can.
        query = unit_vectors(1, seed=4)[0]
        rows = query + np.linspace(1e-4, 2e-4, 12, dtype=np.float32)[:, None] * unit_vectors(
            12, seed=5
        )
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)[::-1]
        ids = [add_image(collection, f"near{n}", vector=row).pk for n, row in enumerate(rows)]
        engine = get_engine()
        engine.sync()
        found, _ = engine.search(query[None], 5)
        assert found[0].tolist() == [pk for _, pk in brute_force(rows, ids, query)[:5]]

    def test_sync_sees_what_bypasses_the_models(self, filled):
        engine, ids, vectors = filled
        copies = [
            Image(
                collection_id=1,
                name=f"bulk{n}",
                source_name=f"bulk{n}",
                file=f"bulk{n}",
                format="JPEG",
                width=1,
                height=1,
                byte_size=1,
                sha256=str(n),
                fc6=vectors[n],
                fc6_model_id=MODEL_ID,
            )
            for n in range(3)
        ]
        for copy in copies:
            copy.collection = Collection.objects.get()
        Image.objects.bulk_create(copies, ignore_conflicts=True)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM catalog_image WHERE id = %s", [ids[0]])
        engine.sync()
        assert engine.count() == 42
        assert ids[0] not in engine.search(vectors[:1], 100)[0]

    @pytest.mark.parametrize(
        ("queries", "k", "complaint"),
        [
            (np.ones(4096), 1, r"must be \(Q, 4096\)"),
            (np.ones((1, 5)), 1, r"\(1, 5\)"),
            (np.full((1, 4096), np.nan), 1, "finite"),
            (np.ones((1, 4096)), 0, "at least 1"),
        ],
    )
    def test_unusable_queries_are_refused(self, filled, queries, k, complaint):
        with pytest.raises(ValueError, match=complaint):
            filled[0].search(queries, k)
