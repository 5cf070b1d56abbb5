"""Both places where vectors are kept answer alike: one conformance class, run over each."""

import re

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.feature_states import FeatureCounts, FeatureFacts, FeatureState
from catalog.models import Collection, Image, ImageVector
from catalog.vectors import encode
from catalog.vectorstore import Version, vectors_of
from tests.helpers import add_image, unit_vectors

NOW, OLD = "net/now", "net/old"
# (has a vector, its model id, has an error) of images named by what they are.
STATES = {
    "current": (True, NOW, False),
    "current, redo failed": (True, NOW, True),
    "outdated": (True, OLD, False),
    "outdated, redo failed": (True, OLD, True),
    "failed": (False, "", True),
    "missing": (False, "", False),
    # Cannot come from our own code; whoever writes it by hand must not make it searchable.
    "model id without a vector": (False, NOW, False),
}
EXPECTED = {
    FeatureState.CURRENT: {"current", "current, redo failed"},
    FeatureState.OUTDATED: {"outdated"},
    FeatureState.FAILED: {"failed", "outdated, redo failed"},
    FeatureState.MISSING: {"missing", "model id without a vector"},
}
ERROR = "It is damaged."


def names(queryset) -> set[str]:
    return set(queryset.values_list("name", flat=True))


@pytest.mark.django_db
class VectorStoreConformance:
    descriptor: str
    dim: int

    def put(self, image: Image, vector: np.ndarray | None, model_id: str, error: str) -> None:
        raise NotImplementedError

    @pytest.fixture
    def store(self):
        return vectors_of(self.descriptor)

    @pytest.fixture
    def vectors(self) -> np.ndarray:
        return unit_vectors(8, dim=self.dim)

    @pytest.fixture
    def images(self, collection, vectors):
        for (name, (has_vector, model_id, failed)), vector in zip(
            STATES.items(), vectors, strict=False
        ):
            image = add_image(collection, name)
            self.put(image, vector if has_vector else None, model_id, ERROR if failed else "")
        return Image.objects.all()

    def version(self, name: str) -> Version:
        image = Image.objects.get(name=name)
        return Version(image.pk, image.sha256)

    def test_each_image_is_in_exactly_one_state(self, images):
        # Catches NULL logic that drops or doubles rows in negated conditions.
        for state, expected in EXPECTED.items():
            assert names(images.in_feature_state(self.descriptor, NOW, state)) == expected
        annotated = images.with_features(self.descriptor, NOW)
        found = {image.name: image.features for image in annotated}
        assert found == {name: state for state, there in EXPECTED.items() for name in there}

    def test_counts_agree_with_the_states(self, images):
        counts = images.feature_counts(self.descriptor, NOW)
        assert counts == FeatureCounts(current=2, outdated=1, failed=2, missing=2)
        assert (counts.total, counts.left_out) == (len(STATES), 5)
        assert images.feature_counts(self.descriptor, "net/new") == FeatureCounts(0, 2, 3, 2)

    def test_counts_of_nothing_are_zero(self):
        # Catches an aggregate that answers None for an empty table.
        assert Image.objects.feature_counts(self.descriptor, NOW) == FeatureCounts(0, 0, 0, 0)

    def test_an_unknown_model_id_makes_no_vector_current(self, images):
        found = images.with_features(self.descriptor, None)
        states = {image.name: image.features for image in found}
        assert {name for name, state in states.items() if state == FeatureState.PRESENT} == {
            "current",
            "outdated",
        }
        assert states["failed"] == states["current, redo failed"] == FeatureState.FAILED
        assert states["missing"] == FeatureState.MISSING

    def test_what_to_extract_leaves_failures_for_a_retry(self, images):
        first_try = {"outdated", "missing", "model id without a vector"}
        assert names(images.to_extract(self.descriptor, NOW)) == first_try
        again = images.to_extract(self.descriptor, NOW, retry_failed=True)
        assert names(again) == first_try | {"failed", "outdated, redo failed"}

    def test_facts_of_one_image(self, images, store):
        pk = Image.objects.get(name="outdated, redo failed").pk
        assert store.facts(pk, NOW) == FeatureFacts(FeatureState.FAILED, OLD, ERROR)
        pk = Image.objects.get(name="missing").pk
        assert store.facts(pk, NOW) == FeatureFacts(FeatureState.MISSING, "", "")
        assert store.facts(10**9, NOW) is None

    def test_reading_states_reads_no_vectors(self, images, no_vectors_loaded):
        # Catches kilobytes a row in lists and counts.
        with no_vectors_loaded(), CaptureQueriesContext(connection) as queries:
            list(images.with_features(self.descriptor, NOW))
            images.feature_counts(self.descriptor, NOW)
        read = re.compile(r'"data"(?! IS (NOT )?NULL)')
        assert not any(read.search(query["sql"]) for query in queries)

    def test_only_current_vectors_are_streamed_by_collection_and_image(
        self, images, store, vectors, collection
    ):
        other = Collection.objects.create(slug="a-later-one")
        late = add_image(other, "late")
        self.put(late, vectors[7], NOW, "")
        rows = list(store.stream(NOW))
        home = [pk for pk, name in images.values_list("pk", "name") if name.startswith("current")]
        assert [(c, pk) for c, pk, _data in rows] == [
            *((collection.pk, pk) for pk in sorted(home)),
            (other.pk, late.pk),
        ]
        assert bytes(rows[-1][2]) == encode(vectors[7], self.dim)
        assert store.count(NOW) >= 3
        assert store.has_current(NOW) and not store.has_current("net/new")

    def test_a_stream_of_some_images_holds_only_those(self, images, store):
        wanted = [Image.objects.get(name=name).pk for name in ("current", "outdated")]
        assert [pk for _c, pk, _data in store.stream(NOW, images=wanted)] == wanted[:1]
        assert list(store.stream(NOW, images=[])) == []

    def test_more_images_than_a_statement_takes(self, images, store):
        wanted = [*range(10**6, 10**6 + 1200), *images.values_list("pk", flat=True)]
        assert len(list(store.stream(NOW, images=wanted))) == 2

    def test_vectors_of_images_are_those_that_were_written(self, images, store, vectors):
        version = self.version("current")
        found = store.of_images([version.pk, 10**9], model_id=NOW, dim=self.dim)
        assert list(found) == [version.pk]
        assert found[version.pk].tolist() == vectors[0].tolist()

    def test_writing_makes_current_and_clears_the_error(self, images, store, vectors):
        rows = [(self.version(name), vectors[6]) for name in ("missing", "outdated, redo failed")]
        assert store.write(rows, model_id=NOW, dim=self.dim) == 2
        for version, _vector in rows:
            assert store.facts(version.pk, NOW) == FeatureFacts(FeatureState.CURRENT, NOW, "")
        found = store.of_images([rows[0][0].pk], model_id=NOW, dim=self.dim)
        assert found[rows[0][0].pk].tolist() == vectors[6].tolist()

    def test_a_replaced_or_deleted_image_takes_no_vector(self, images, store, vectors):
        # Catches the vector of an old picture on the row of its successor.
        missing, gone = self.version("missing"), self.version("failed")
        Image.objects.filter(pk=missing.pk).update(sha256="another")
        Image.objects.filter(pk=gone.pk).delete()
        rows = [(missing, vectors[5]), (gone, vectors[6])]
        assert store.write(rows, model_id=NOW, dim=self.dim) == 0
        store.write_errors([(missing, "too late"), (gone, "too late")])
        assert store.facts(missing.pk, NOW).state == FeatureState.MISSING

    def test_an_error_leaves_the_vector_there_was(self, images, store, vectors):
        # A failed redo is no reason to lose what can still be searched.
        current, missing = self.version("current"), self.version("missing")
        store.write_errors([(current, "new"), (missing, "new")])
        assert store.facts(current.pk, NOW) == FeatureFacts(FeatureState.CURRENT, NOW, "new")
        assert store.facts(missing.pk, NOW) == FeatureFacts(FeatureState.FAILED, "", "new")
        assert store.of_images([current.pk], model_id=NOW, dim=self.dim)

    def test_clearing_removes_vectors_and_errors_and_counts_them(self, images, store):
        some = Image.objects.filter(name__in=["current", "failed", "missing"])
        assert store.clear(some) == 2
        assert names(images.in_feature_state(self.descriptor, NOW, FeatureState.MISSING)) >= {
            "current",
            "failed",
            "missing",
        }
        assert images.feature_counts(self.descriptor, NOW).current == 1

    def test_that_all_are_current_is_known(self, images, store):
        assert not store.all_current(Image.objects.all(), NOW, 2)
        images.exclude(name__startswith="current").delete()
        assert store.all_current(Image.objects.all(), NOW, 2)

    def test_stores_do_not_see_each_other(self, images):
        # Catches a join without its descriptor.
        another = "fc6" if self.descriptor != "fc6" else "third"
        assert images.feature_counts(another, NOW).missing == len(STATES)
        assert list(vectors_of(another).stream(NOW)) == []


class TestColumnStore(VectorStoreConformance):
    descriptor, dim = "fc6", 4096

    def put(self, image: Image, vector: np.ndarray | None, model_id: str, error: str) -> None:
        changes = {"fc6": vector, "fc6_model_id": model_id, "fc6_error": error}
        Image.objects.filter(pk=image.pk).update(**changes)

    def test_what_is_left_out_is_found_by_index(self, images):
        # Catches a condition that reads the whole table for every page of results.
        with CaptureQueriesContext(connection) as queries:
            vectors_of("fc6").all_current(Image.objects.all(), NOW, 2)
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # Of a table of a few rows it reads all, whatever indexes there are.
                cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"{explain} {queries[0]['sql']}")
            plan = str(cursor.fetchall())
        assert "catalog_image_model_id" in plan
        assert "SCAN" not in plan
        assert "Seq Scan" not in plan


class TestTableStore(VectorStoreConformance):
    descriptor, dim = "colour-layout", 64

    def put(self, image: Image, vector: np.ndarray | None, model_id: str, error: str) -> None:
        if vector is None and not model_id and not error:
            return  # no row at all, as extraction leaves it
        ImageVector.objects.create(
            image=image,
            descriptor=self.descriptor,
            model_id=model_id,
            error=error,
            data=None if vector is None else encode(vector, self.dim),
        )

    def test_one_query_joins_several_descriptors(self, images):
        # Catches two joins under one name.
        twice = images.with_features(self.descriptor, NOW, name="mine")
        both = twice.with_features("third", NOW, name="theirs").get(name="current")
        assert (both.mine, both.theirs) == (FeatureState.CURRENT, FeatureState.MISSING)

    def test_vectors_go_with_their_image_without_being_read(self, images):
        with CaptureQueriesContext(connection) as queries:
            images.all().delete()
        assert not ImageVector.objects.exists()
        assert not any(
            '"data"' in query["sql"] for query in queries if query["sql"].startswith("SELECT")
        )
