"""Copies among hits are folded under the first of them, on pages; programs get each."""

import numpy as np
import pytest

from catalog.descriptors import get_descriptor
from catalog.models import Image
from catalog.vectorstore import Version, vectors_of
from search.engines import reset_engines
from search.folding import leaders
from tests.helpers import add_image
from tests.pages import html, text
from tests.search.proven import COLOURS


def test_what_is_near_a_copy_only_is_no_copy():
    # Catches a chain of small steps that folds a whole ranking into its first hit.
    angles = np.array([0, 0.15, 0.3, 0.31, 2])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert leaders(rows, 0.2) == [0, 0, 2, 2, 4]
    assert leaders(rows[:0], 0.2) == []


@pytest.fixture
def images(collection) -> list[Image]:
    """60 pictures; 41 and 42 are nearly the same as 40."""
    reset_engines()
    descriptor = get_descriptor(COLOURS)
    rows = np.random.default_rng(3).normal(size=(60, descriptor.dim)).astype(np.float32)
    rows[41], rows[42] = rows[40] + 0.01 * rows[0], rows[40] + 0.02 * rows[1]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    images = [add_image(collection, f"p{number:02}") for number in range(60)]
    versions = [Version(image.pk, image.sha256) for image in images]
    vectors_of(COLOURS).write(
        list(zip(versions, rows, strict=True)),
        model_id=descriptor.model_id,
        dim=descriptor.dim,
    )
    return images


@pytest.mark.django_db
class TestPage:
    def test_copies_stand_under_the_first_and_ranks_stay(self, client, images):
        page = client.get(f"/images/{images[40].pk}/similar/?recipe={COLOURS}")
        first, second = page.context["results"].hits[:2]
        assert [copy.image.name for copy in first.copies] == ["p41", "p42"]
        assert (first.rank, second.rank) == (1, 4)
        assert len(page.context["results"].hits) == 28
        assert "2 more, nearly the same" in text(page)
        assert "2 pictures are folded" in text(page)
        assert "Ranks 1 to 30 of 60" in text(page)

    def test_each_is_shown_where_the_address_says_so(self, client, images):
        page = client.get(f"/images/{images[40].pk}/similar/?recipe={COLOURS}&copies=each")
        assert [hit.rank for hit in page.context["results"].hits] == list(range(1, 31))
        assert "Fold what is nearly the same" in text(page)

    def test_what_was_marked_stays_where_it_is(self, client, images):
        # Catches marks that vanish from the page with their picture.
        page = client.get(
            f"/images/{images[40].pk}/similar/?recipe={COLOURS}&marks=l{images[41].pk}"
        )
        hits = {hit.image.name: hit for hit in page.context["results"].hits}
        assert hits["p41"].mark == "like"
        assert "p42" not in hits

    def test_programs_get_each(self, client, images):
        body = {"examples": [{"image": images[40].pk}], "recipe": COLOURS, "k": 3}
        found = client.post("/api/search/", body, content_type="application/json").json()
        assert [hit["image"]["name"] for hit in found["hits"]] == ["p40", "p41", "p42"]


@pytest.mark.django_db
class TestLook:
    def test_a_look_is_kept_by_the_browser_and_by_every_page(self, client, images):
        page = client.get("/images/")
        assert 'class="thumbs look-grid"' in html(page)
        assert "Cookie" in page["Vary"]
        page = client.get("/images/?look=large")
        assert "look-large" in html(page) and "/thumbnail/medium/" in html(page)
        similar = client.get(f"/images/{images[0].pk}/similar/?recipe={COLOURS}")
        assert 'class="hits-grid look-large"' in html(similar)
        assert "look-list" in html(client.get("/images/?look=list"))

    def test_nonsense_is_the_usual_look(self, client, images):
        page = client.get("/images/?look=<b>")
        assert 'class="thumbs look-grid"' in html(page)
        assert client.cookies["sis_look"].value == "grid"
