"""Several pictures and feedback on the pages that rank."""

import numpy as np
import pytest
from django.urls import reverse

from catalog.models import Image
from search.models import Query
from tests.helpers import encoded, picture
from tests.pages import fill, hit_ids, html, stored_query, text, upload, use_stand_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    return fill(collection, 40)


@pytest.fixture
def address(images) -> str:
    return reverse("search:similar", args=[images[0].pk])


def hits(response):
    return response.context["results"].hits


def vector(image: Image) -> np.ndarray:
    stored = Image.objects.only("fc6").get(pk=image.pk).fc6
    assert stored is not None
    return np.frombuffer(stored, dtype="<f4")


def ranked(images: list[Image], asked: np.ndarray) -> list[int]:
    asked = asked / np.linalg.norm(asked)
    distances = {image.pk: np.linalg.norm(vector(image) - asked) for image in images}
    return sorted(distances, key=lambda pk: distances[pk])


def test_the_ranking_is_that_of_rocchio(client, address, images):
    # Catches marks that are shown and not asked with: against brute force over all rows.
    own, liked, other, unliked = images[:4]
    marks = {"marks": f"l{liked.pk}.l{other.pk}.u{unliked.pk}"}
    response = client.get(address, marks)
    asked = vector(own) + 0.75 * (vector(liked) + vector(other)) / 2 - 0.15 * vector(unliked)
    assert hit_ids(response) == ranked(images, np.maximum(asked, 0))[:30]


def test_the_form_leads_to_an_address_that_holds_the_marks(client, address, images):
    # Catches marks in a session, which nobody can share, and a round that forgets the last one.
    slug = images[0].collection.slug
    liked, unliked, later = (str(image.pk) for image in images[5:8])
    fields = {"collection": slug, "like": [liked], "unlike": [unliked], "page": "2"}
    first = client.get(address, fields)
    assert first.status_code == 302
    assert first.url == f"{address}?collection={slug}&marks=l{liked}.u{unliked}"
    page = client.get(first.url)
    assert f'name="marks" value="l{liked}.u{unliked}"' in html(page)
    assert f'name="seen" value="{liked}"' in html(page)
    second = client.get(
        first.url,
        {
            "collection": slug,
            "marks": f"l{liked}.u{unliked}",
            "like": [later],
            "unlike": [unliked],
            "seen": [liked, unliked],
        },
    )
    assert (
        second.url
        == f"{address}?collection={slug}&marks=l{liked}.u{unliked}&marks=n{liked}.l{later}"
    )


def test_numbers_that_no_image_has_are_no_marks(client, address, images):
    # Catches an address that the page itself cannot read afterwards.
    sent = {"like": ["-5", "x", "9" * 40, str(images[4].pk)]}
    assert client.get(address, sent).url == f"{address}?marks=l{images[4].pk}"


def test_movement_compares_with_the_round_before(client, address, images):
    # Catches arrows against the first ranking, or against nothing.
    before = hit_ids(client.get(address)) + hit_ids(client.get(address, {"page": 2}))
    last = before[-1]
    response = client.get(address, {"marks": f"l{last}"})
    for hit in hits(response):
        assert hit.earlier == before.index(hit.image.pk) + 1
        assert hit.climbed == hit.earlier - hit.rank
        assert hit.is_new == (hit.earlier > 30)
    newcomer = next(hit for hit in hits(response) if hit.image.pk == last)
    assert newcomer.rank <= 2
    assert newcomer.is_new
    assert newcomer.mark == "like"
    assert "Moved new" in text(response)
    assert "1.0 × the pictures + 0.75 × the matches − 0.15 × the rest" in text(response)
    assert "Moved" not in text(client.get(address))


def test_several_pictures_are_one_question(client, images):
    # Catches a second picture that is stored and never asked with.
    first, second = (encoded(picture(seed, size=(200, 100)), "PNG") for seed in (1, 2))
    files = [upload(content, f"{n}.png")["picture"] for n, content in enumerate((first, second))]
    response = client.post("/", {"picture": files})
    one, two = Query.objects.order_by("created_at")
    assert response.url == f"{one.get_absolute_url()}?with=q{two.pk}"
    page = client.get(response.url)
    vectors = [np.frombuffer(query.vectors.get().data, "<f4") for query in (one, two)]
    assert hit_ids(page) == ranked(images, sum(vectors))[:30]
    off = client.get(f"{response.url}&off=0")
    assert hit_ids(off) == hit_ids(client.get(two.get_absolute_url()))
    assert "Picture 2 of the search" in html(page)


def test_of_several_files_a_bad_one_is_named_and_nothing_is_kept(client, images):
    good = upload(encoded(picture(1, size=(200, 100))), "good.jpg")["picture"]
    bad = upload(b"no picture", "notes.txt")["picture"]
    response = client.post("/", {"picture": [good, bad]})
    assert response.status_code == 400
    assert "notes.txt: " in text(response)
    assert not Query.objects.exists()


def test_more_pictures_than_a_search_takes_are_refused(client, images):
    # Catches the ninth picture that silently does not count.
    content = encoded(picture(1, size=(90, 80)))
    files = [upload(content, f"{n}.jpg")["picture"] for n in range(9)]
    response = client.post("/", {"picture": files})
    assert response.status_code == 400
    assert "at most 8 pictures" in text(response)
    assert not Query.objects.exists()
    query = stored_query()
    full = "&".join(f"with=i{image.pk}" for image in images[:7])
    address = reverse("search:add_to_query", args=[query.pk])
    response = client.post(f"{address}?{full}", upload(content), follow=True)
    assert "at most 8 pictures" in text(response)
    assert Query.objects.get() == query


def test_a_picture_is_added_to_a_search(client, images):
    # Catches an added picture that loses the marks, and a message that nobody sees.
    query = stored_query()
    address = reverse("search:add_to_query", args=[query.pk]) + f"?marks=l{images[3].pk}"
    response = client.post(address, upload(encoded(picture(5, size=(90, 80)))))
    added = Query.objects.exclude(pk=query.pk).get()
    assert response.url == (f"{query.get_absolute_url()}?with=q{added.pk}&marks=l{images[3].pk}")
    assert client.get(response.url).status_code == 200
    refused = client.post(address, upload(b"no picture"), follow=True)
    assert "notice-error" in html(refused)
    assert Query.objects.count() == 2


def test_pictures_and_marks_that_are_gone_are_counted(client, address, images):
    # Catches a search that silently asks with less than its page shows.
    gone = images[-1].pk
    images[-1].delete()
    response = client.get(address, {"marks": f"l{gone}", "with": f"i{gone}"})
    assert response.status_code == 200
    assert response.context["lacking"] == 2
    assert "2 of these pictures do not count" in text(response)
    assert hit_ids(response) == hit_ids(client.get(address))


def test_with_nothing_left_the_page_says_so(client, address):
    response = client.get(address, {"off": "0"})
    assert response.status_code == 409
    assert "None of the pictures of this search" in text(response)


@pytest.mark.parametrize("fields", [{"marks": "x"}, {"with": "x"}, {"off": "x"}])
def test_an_address_that_means_nothing_is_not_found(client, address, fields):
    assert client.get(address, fields).status_code == 404


def test_more_pages_at_once_are_what_was_shown(client, address):
    # Catches a reload after "show more" that forgets what was there.
    both = hit_ids(client.get(address)) + hit_ids(client.get(address, {"page": 2}))
    assert len(both) == 40
    response = client.get(address, {"upto": 2})
    assert hit_ids(response) == both
    assert "Ranks 1 to 40 of 40" in text(response)
    first = html(client.get(address))
    assert f'hx-replace-url="{address}?upto=2"' in first


def test_expansion_is_a_switch(client, address, images):
    # Catches a switch that changes the page and not the ranking.
    plain = hit_ids(client.get(address))
    response = client.get(address, {"expand": "10"})
    found = [vector(Image(pk=pk)) for pk in plain[:10]]
    similarity = [max(0.0, float(one @ vector(images[0]))) ** 3 for one in found]
    asked = vector(images[0]) + sum(w * one for w, one in zip(similarity, found, strict=True))
    assert hit_ids(response) == ranked(images, asked)[:30]
    assert "selected" in html(response).split('value="10"')[1][:10]
