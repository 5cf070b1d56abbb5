"""The one way from a query to hits, which pages and commands share."""

import pytest

from catalog.models import Collection, Image
from catalog.visibility import Scope
from search import services
from search.engines import reset_engines
from search.services import count_searchable, find_similar
from tests.helpers import add_image, unit_vectors


@pytest.fixture(autouse=True)
def fresh_engines():
    reset_engines()


@pytest.fixture
def filled(collection):
    vectors = unit_vectors(7, seed=1)
    images = [add_image(collection, f"i{n}", vector=v) for n, v in enumerate(vectors)]
    return images, vectors


def test_a_page_of_the_ranking_carries_ranks_and_images(filled):
    images, vectors = filled
    whole = find_similar(described={"fc6": vectors[2]}, page_size=7)
    part = find_similar(described={"fc6": vectors[2]}, page=2, page_size=3)
    assert whole.hits[0].image == images[2]
    assert [hit.rank for hit in whole.hits] == [1, 2, 3, 4, 5, 6, 7]
    assert [(h.rank, h.image.pk) for h in part.hits] == [
        (h.rank, h.image.pk) for h in whole.hits[3:6]
    ]
    assert (part.page, part.ranked) == (2, 7)
    assert part.recipe.model_ids == ("vgg16/untrained/float32",)


def test_a_page_past_the_end_is_the_last_one(filled):
    found = find_similar(described={"fc6": filled[1][2]}, page=10**12, page_size=3)
    assert (found.page, [hit.rank for hit in found.hits]) == (3, [7])


def test_the_count_is_that_of_the_vectors_that_were_ranked(filled, collection, monkeypatch):
    """Catches a ranking and a count of different moments: a row that comes in between."""
    _images, vectors = filled
    engine = services.get_engine()
    engine.sync()
    answer = engine.answer

    def answer_and_sync(*arguments, **options):
        found = answer(*arguments, **options)
        add_image(collection, "late", vector=unit_vectors(1, seed=9)[0])
        engine.sync()
        return found

    monkeypatch.setattr(engine, "answer", answer_and_sync)
    results = find_similar(described={"fc6": vectors[0]})
    assert (len(results.hits), results.ranked) == (7, 7)


def test_what_is_left_out_is_counted_by_reason(filled, collection):
    add_image(collection, "missing")
    add_image(collection, "failed", fc6_error="broken")
    add_image(collection, "outdated", vector=unit_vectors(1)[0], model_id="other")
    counts = find_similar(described={"fc6": unit_vectors(1)[0]}).counts
    assert (counts.current, counts.missing, counts.failed, counts.outdated) == (7, 1, 1, 1)
    assert (counts.left_out, counts.total) == (3, 10)


def test_nothing_left_out_means_no_counts(filled):
    assert find_similar(described={"fc6": unit_vectors(1)[0]}).counts is None


def test_a_search_keeps_to_its_collection(filled):
    other = Collection.objects.create(slug="other")
    add_image(other, "there", vector=filled[1][0])
    assert count_searchable() == 8
    assert count_searchable(scope=Scope.of(other)) == 1
    hits = find_similar(described={"fc6": filled[1][0]}, scope=Scope.of(other)).hits
    assert [hit.image.name for hit in hits] == ["there"]


def test_an_image_deleted_after_the_sync_is_no_broken_hit(filled, monkeypatch):
    images, vectors = filled
    engine = services.get_engine()
    engine.sync()
    monkeypatch.setattr(engine, "sync", lambda: None)
    Image.objects.filter(pk=images[0].pk).delete()
    hits = find_similar(described={"fc6": vectors[0]}).hits
    assert images[0].pk not in [hit.image.pk for hit in hits]
    assert hits[0].rank == 2  # ranks stay those of the ranking


def test_hits_load_no_vectors_and_queries_do_not_grow_with_them(
    filled, django_assert_max_num_queries
):
    # PostgreSQL counts changes on where a transaction was rolled back, which two ask for; and it
    # marks where the reading of vectors begins and ends in this test's own transaction.
    with django_assert_max_num_queries(14) as captured:
        find_similar(described={"fc6": filled[1][0]})
    after_load = [q["sql"] for q in captured][-2:]
    assert not any('"catalog_image"."fc6",' in sql for sql in after_load)
    with django_assert_max_num_queries(4):
        find_similar(described={"fc6": filled[1][0]})
