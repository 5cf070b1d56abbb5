"""What every search engine must do. Subclass it and give `engine_path`."""

import numpy as np
import pytest
from django.db import connection

from catalog.descriptors import get_descriptor
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
class EngineConformance:
    engine_path: str
    options: dict = {}

    @pytest.fixture(autouse=True)
    def declare(self, settings):
        settings.SEARCH_ENGINES = {
            "default": {"BACKEND": self.engine_path, "OPTIONS": self.options}
        }
        yield
        reset_engines()

    @pytest.fixture
    def filled(self, collection):
        """40 images with vectors, and an engine in step with them."""
        vectors = unit_vectors(40, seed=1)
        images = [add_image(collection, f"i{n}", vector=v) for n, v in enumerate(vectors)]
        engine = get_engine()
        engine.sync()
        return engine, [image.pk for image in images], vectors

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

    def test_a_stored_vector_finds_itself_at_exactly_zero(self, filled):
        # sqrt(2 - 2 x.q) would give up to 5e-4 here.
        engine, ids, vectors = filled
        found, distances = engine.search(vectors[:3], 1)
        assert found[:, 0].tolist() == ids[:3]
        assert distances[:, 0].tolist() == [0, 0, 0]

    def test_ties_are_ordered_by_id_even_across_the_cut(self, collection):
        vector = unit_vectors(1)[0]
        ids = [add_image(collection, f"same{n}", vector=vector).pk for n in range(9)]
        engine = get_engine()
        engine.sync()
        found, distances = engine.search(unit_vectors(1, seed=3), 4)
        assert found[0].tolist() == ids[:4]
        assert len(set(distances[0].tolist())) == 1

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

    def test_fewer_rows_than_k_gives_a_shorter_answer(self, filled):
        engine, ids, _ = filled
        found, distances = engine.search(unit_vectors(2), 1000)
        assert found.shape == distances.shape == (2, 40)
        assert set(found[0].tolist()) == set(ids)

    def test_an_empty_database_answers_with_nothing(self, db):
        engine = get_engine()
        engine.sync()
        found, distances = engine.search(unit_vectors(2), 5)
        assert found.shape == distances.shape == (2, 0)
        assert engine.count() == 0

    def test_within_keeps_to_one_collection(self, filled):
        engine, ids, vectors = filled
        other = Collection.objects.create(slug="other")
        stranger = add_image(other, "stranger", vector=vectors[0])
        engine.sync()
        home = Image.objects.get(pk=ids[0]).collection_id
        assert stranger.pk not in engine.search(vectors[:1], 100, within=home)[0]
        assert engine.search(vectors[:1], 100, within=other.pk)[0].tolist() == [[stranger.pk]]
        assert engine.search(vectors[:1], 2)[0].tolist() == [[ids[0], stranger.pk]]
        assert engine.search(vectors[:1], 5, within=10**6)[0].shape == (1, 0)
        assert (engine.count(within=home), engine.count(within=other.pk)) == (40, 1)

    def test_vectors_of_another_model_id_take_no_part(self, filled, collection):
        engine, ids, vectors = filled
        foreign = add_image(collection, "foreign", vector=vectors[0], model_id="another")
        Image.objects.filter(pk=ids[1]).update(fc6_model_id="another")
        engine.sync()
        found = set(engine.search(vectors[:1], 100)[0][0].tolist())
        assert found == set(ids) - {ids[1]}
        assert foreign.pk not in found

    def test_sync_sees_rows_added_changed_moved_and_deleted(self, filled, collection):
        engine, ids, vectors = filled
        fresh = unit_vectors(4, seed=9)
        added = add_image(collection, "added", vector=fresh[0])
        Image.objects.filter(pk=ids[5]).update(fc6=fresh[1])
        other = Collection.objects.create(slug="other")
        Image.objects.filter(pk=ids[6]).update(collection=other)
        Image.objects.filter(pk=ids[7]).delete()
        Image.objects.filter(pk=ids[8]).update(fc6=None, fc6_model_id="")
        stale = engine.search(fresh[:1], 1)[0]
        engine.sync()
        found, distances = engine.search(fresh[:2], 1)
        assert stale[0, 0] != added.pk  # the answer is as of the last sync
        assert found[:, 0].tolist() == [added.pk, ids[5]]
        assert distances[:, 0].tolist() == [0, 0]
        assert engine.search(vectors[6:7], 1, within=other.pk)[0].tolist() == [[ids[6]]]
        everything = set(engine.search(vectors[:1], 100)[0][0].tolist())
        assert everything == set(ids) - {ids[7], ids[8]} | {added.pk}
        assert engine.count() == 39

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

    def test_many_deletions_leave_the_rest_findable(self, filled):
        # Catches a compaction that mixes up rows and ids.
        engine, ids, vectors = filled
        Image.objects.filter(pk__in=ids[::2]).delete()
        engine.sync()
        found, distances = engine.search(vectors[1::2], 1)
        assert found[:, 0].tolist() == ids[1::2]
        assert not distances.any()

    def test_emptied_tables_are_noticed(self, filled):
        from catalog.models import VectorChange

        engine, _, vectors = filled
        Image.objects.all().delete()
        VectorChange.objects.all().delete()
        engine.sync()
        assert engine.search(vectors[:1], 5)[0].shape == (1, 0)

    def test_nothing_changed_costs_one_query(self, filled, django_assert_num_queries):
        engine, _, _ = filled
        with django_assert_num_queries(1):
            engine.sync()

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

    def test_the_same_engine_serves_the_whole_process(self):
        assert get_engine() is get_engine(descriptor=get_descriptor())
