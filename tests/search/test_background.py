"""How near is near: what is told of distances, and when nothing stands out."""

import numpy as np
import pytest
from django.urls import reverse

from catalog.models import Image
from catalog.vectors import unit_rows
from catalog.visibility import Scope
from search.background import background
from search.recipes import get_recipe
from search.sampling import background_of
from tests.helpers import add_image, unit_vectors
from tests.pages import fill, text, use_stand_in

DIM = 64


def crowd(count: int, seed: int = 0) -> np.ndarray:
    """Unit rows that have nothing to do with each other."""
    random = np.random.default_rng(seed)
    return unit_rows(random.normal(size=(count, DIM)).astype(np.float32))


def ordinary(count: int, dim: int) -> np.ndarray:
    """A unit row, and others that are all about equally far from it."""
    alike = np.random.default_rng(1).uniform(0, 0.2, count).astype(np.float32)
    rows = np.zeros((count, dim), np.float32)
    rows[:, 0] = alike
    rows[np.arange(count), np.arange(1, count + 1)] = np.sqrt(1 - alike**2)
    rows[0] = np.eye(1, dim, dtype=np.float32)
    return rows


def near(query: np.ndarray, share: float) -> np.ndarray:
    return unit_rows((query + share * crowd(1, 99)[0])[None])[0]


def test_where_all_are_equally_far_nothing_stands_out():
    # Catches a page that shows a factory for a basilica with a straight face.
    query, *rows = ordinary(400, 500)
    before = background(np.stack(rows), query, 399)
    assert not before.stands_out(float(before.distances[0]))


def test_what_is_similar_stands_out():
    query = crowd(1, 1)[0]
    rows = np.concatenate([crowd(400, 2), near(query, 0.6)[None]])
    before = background(rows, query, 401)
    assert before.stands_out(float(before.distances[0]))
    assert not before.stands_out(before.median)


def test_what_is_expected_grows_with_the_collection():
    # Catches a fixed cut-off: among a million pictures one is near by chance.
    query = crowd(1, 1)[0]
    few, many = (background(crowd(400, 2), query, count) for count in (400, 10**9))
    between = few.median - 4 * few.deviation
    assert few.stands_out(between)
    assert not many.stands_out(between)


def test_shares_and_nearness_have_their_ends():
    query = crowd(1, 1)[0]
    before = background(np.concatenate([crowd(99, 3), query[None]]), query, 100)
    assert before.farther(0) == pytest.approx(0.99)
    assert before.farther(2) == 0
    assert before.nearness(0) == 1
    assert before.nearness(before.median) == before.nearness(2) == 0


def test_a_small_collection_tells_nothing():
    assert background(crowd(49), crowd(1, 1)[0], 49) is None


class TestPages:
    @pytest.fixture(autouse=True)
    def stand_in(self, monkeypatch):
        use_stand_in(monkeypatch)

    def similar(self, client, image):
        return client.get(reverse("search:similar", args=[image.pk]))

    def test_an_image_does_not_stand_out_from_itself(self, client, collection):
        # Catches the image itself, at distance 0, that hides that nothing else is like it.
        images = [
            add_image(collection, f"image-{number}", vector=vector)
            for number, vector in enumerate(ordinary(60, 4096))
        ]
        page = self.similar(client, images[0])
        assert "Nothing here is really similar." in text(page)
        assert "closer than 98.3 %" in text(page)
        twin = images[0]
        vector = np.frombuffer(Image.objects.only("fc6").get(pk=twin.pk).fc6, "<f4")
        add_image(collection, "twin", vector=vector)
        assert "Nothing here" not in text(self.similar(client, images[0]))

    def test_few_pictures_are_not_judged(self, client, collection):
        images = fill(collection, 30)
        page = text(self.similar(client, images[0]))
        assert "Nothing here" not in page
        assert "closer than" not in page

    def test_a_large_collection_is_sampled(self, collection, monkeypatch):
        # Catches all vectors of a large collection in memory, read once more for each query.
        monkeypatch.setattr("search.sampling.MOST_ROWS", 70)
        fill(collection, 200)
        asked = {"recipe": get_recipe("fc6"), "scope": Scope.of(collection), "count": 200}
        found = background_of(query=unit_vectors(1, seed=9)[0], **asked)
        assert 50 <= len(found.distances) <= 70
        monkeypatch.setattr("search.sampling.sampled_rows", None)  # not read again
        again = background_of(query=unit_vectors(1, seed=8)[0], **asked)
        assert len(again.distances) == len(found.distances)
