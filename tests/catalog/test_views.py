"""The catalogue pages: browsing, one image, its files."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image as PillowImage

from catalog.models import Collection, Image
from tests.catalog.conftest import loads_vectors
from tests.helpers import add_image, unit_vectors
from tests.pages import fill, hit_ids, html, stored_query, text, use_stand_in

BROWSE = "/images/"


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def image(collection) -> Image:
    return add_image(collection, "street/corner", vector=unit_vectors(1)[0], seed=5)


def address(image: Image, name: str, *args: str) -> str:
    return reverse(f"catalog:{name}", args=[image.pk, *args])


def body(response) -> bytes:
    return response.getvalue()


def test_browsing_pages_through_every_image_once(client, collection):
    # Catches an order that is not total, and a list that stops at its first page.
    images = fill(collection, 65)
    first, second = client.get(BROWSE), client.get(BROWSE, {"page": 2})
    assert len(hit_ids(first)) == 60
    assert sorted(hit_ids(first) + hit_ids(second)) == [image.pk for image in images]
    assert "65 pictures" in text(first)
    assert "page 1 of 2" in text(first)
    assert "/original/" not in html(first)


def test_browsing_filters_by_collection_and_name(client, collection):
    # Catches a filter that the pager forgets, and one that works alone only.
    other = Collection.objects.create(slug="other")
    fill(collection, 65, prefix="bridge")
    wanted = [*fill(other, 61, prefix="bridge")]
    fill(other, 2, prefix="tower")
    response = client.get(BROWSE, {"collection": "other", "name": "RIDGE"})
    assert response.context["page"].paginator.count == 61
    assert "?collection=other&amp;name=RIDGE&amp;page=2" in html(response)
    rest = client.get(BROWSE, {"collection": "other", "name": "RIDGE", "page": 2})
    assert sorted(hit_ids(response) + hit_ids(rest)) == [image.pk for image in wanted]
    assert client.get(BROWSE, {"collection": "nowhere"}).status_code == 404


def test_browsing_says_what_to_do_when_nothing_is_found(client, image):
    # Catches an empty page, and a name from the address that is not escaped.
    response = client.get(BROWSE, {"name": "<b>bold"})
    assert "has “<b>bold” in its name" in text(response)
    assert "<b>bold" not in html(response)
    Image.objects.all().delete()
    assert "manage.py import_images" in text(client.get(BROWSE))


def test_pages_with_many_images_load_no_vectors(client, collection):
    # Catches 16 KB a row read for nothing.
    fill(collection, 35)
    result = stored_query().get_absolute_url()
    client.get(result)  # the engine reads every vector once, and so does what judges distances
    for page in ("/", BROWSE, result, f"{result}?page=2", f"/images/?collection={collection.slug}"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        reads = [query["sql"] for query in queries if '"catalog_' in query["sql"]]
        assert reads
        assert [sql for sql in reads if '"catalog_image"' in sql and loads_vectors(sql)] == []


def test_an_image_page_shows_its_facts(client, image):
    # Catches a fact that is missing, and the original where a rendition will do.
    response = client.get(image.get_absolute_url())
    shown = text(response)
    facts = ["street/corner", "Places", "64 × 48 pixels", "JPEG", image.sha256, "corner.jpg"]
    for fact in facts:
        assert fact in shown
    assert f'src="{address(image, "thumbnail", "large")}?v={image.sha256[:12]}"' in html(response)
    assert f'href="{address(image, "original")}"' in html(response)
    assert f'href="{reverse("search:similar", args=[image.pk])}?recipe=fc6"' in html(response)
    assert "/admin/" not in html(response)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "has no features yet"),
        ({"fc6_error": "Out of paper."}, "Out of paper."),
        ({"vector": unit_vectors(1)[0], "model_id": "other"}, "come from another model"),
    ],
)
def test_an_image_without_features_says_what_to_do(client, collection, fields, message):
    # Catches a "more like this" that leads nowhere.
    image = add_image(collection, "bare", **fields)
    response = client.get(image.get_absolute_url())
    assert message in text(response)
    assert "manage.py extract_features" in text(response)
    assert reverse("search:similar", args=[image.pk]) not in html(response)


def test_staff_get_a_link_to_the_administration(admin_client, image):
    # Catches staff having to look the image up by hand.
    change = reverse("admin:catalog_image_change", args=[image.pk])
    assert f'href="{change}"' in html(admin_client.get(image.get_absolute_url()))


def test_the_original_is_served_as_it_was_imported(client, image):
    # Catches a re-encoded original, and a guessed content type.
    response = client.get(address(image, "original"))
    with image.file.open("rb") as file:
        assert body(response) == file.read()
    assert response["Content-Type"] == "image/jpeg"
    assert "corner.jpg" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"


SIDES = {"small": 96, "card": 240, "grid": 320, "medium": 640, "large": 1600}


@pytest.mark.parametrize(("size", "side"), list(SIDES.items()))
def test_a_thumbnail_fits_its_size_and_is_never_enlarged(client, image, size, side):
    # Catches sizes mixed up, and an answer that works only while the rendition is being made.
    for _ in range(2):
        response = client.get(address(image, "thumbnail", size))
        assert response.status_code == 200
        rendition = PillowImage.open(BytesIO(body(response)))
        assert rendition.format == ("JPEG" if size == "large" else "WEBP")
        assert response["Content-Type"] == rendition.get_format_mimetype()
        assert rendition.size == (64, 48)
        assert max(rendition.size) <= side


def test_a_large_picture_is_reduced(client, collection):
    # Catches thumbnails that are the originals, and pages that announce another size.
    image = add_image(collection, "wide")
    big = BytesIO()
    PillowImage.radial_gradient("L").resize((900, 300)).save(big, "JPEG")
    with image.file.storage.open(image.file.name, "wb") as file:
        file.write(big.getvalue())
    Image.objects.filter(pk=image.pk).update(width=900, height=300)
    rendition = PillowImage.open(BytesIO(body(client.get(address(image, "thumbnail", "card")))))
    assert rendition.size == (240, 80)
    assert 'width="240" height="80"' in html(client.get(BROWSE))


@pytest.mark.parametrize("version", ["{fresh}", "0123456789ab", ""])
def test_a_thumbnail_is_kept_for_good_only_under_its_own_version(client, image, version):
    # Catches a replaced picture that browsers never see.
    version = version.format(fresh=image.sha256[:12])
    response = client.get(address(image, "thumbnail", "grid"), {"v": version})
    for_good = "immutable" in response["Cache-Control"]
    assert for_good == (version == image.sha256[:12])
    assert body(response)


def test_missing_files_and_sizes_are_not_found(client, image):
    # Catches a 500 where a file was deleted behind the system's back.
    assert client.get(address(image, "thumbnail", "huge")).status_code == 404
    image.file.storage.delete(image.file.name)
    for name, *args in (("original",), ("thumbnail", "grid")):
        assert client.get(address(image, name, *args)).status_code == 404
    assert client.get(image.get_absolute_url()).status_code == 200
    assert client.get("/images/99999/").status_code == 404


@pytest.mark.parametrize("name", ["browse", "image", "original"])
def test_other_methods_are_refused(client, image, name):
    # Catches a page that answers what it does not mean.
    args = [] if name == "browse" else [image.pk]
    assert client.post(reverse(f"catalog:{name}", args=args)).status_code == 405


def test_an_image_leads_to_those_beside_it_in_its_collection(client, collection):
    # Catches neighbours of another collection, and ends that lead on.
    names = ["a", "b", "c"]
    one, two, three = (add_image(collection, name) for name in names)
    add_image(Collection.objects.create(slug="other"), "bb")
    page = html(client.get(two.get_absolute_url()))
    assert f'rel="prev" href="{one.get_absolute_url()}"' in page
    assert f'rel="next" href="{three.get_absolute_url()}"' in page
    assert 'rel="next"' not in html(client.get(three.get_absolute_url()))


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/images/?collection=places&page=2", "?collection=places&amp;page=2"),
        ("http://testserver/images/7/similar/?upto=3", "/images/7/similar/?upto=3"),
        ("http://elsewhere.example/images/", ""),
        ("http://testserver/admin/", ""),
        ("http://testserver/nowhere/", ""),
        ("http://[nonsense", ""),
        ("", ""),
    ],
)
def test_an_image_leads_back_to_where_one_came_from(client, collection, referer, back):
    # Catches a link to another site, and a page that loses the place in a ranking.
    image = add_image(collection, "one")
    page = client.get(image.get_absolute_url(), headers={"referer": referer})
    assert ("Back to the" in text(page)) is bool(back)
    assert f"{back}#image-{image.pk}" in html(page) or not back
    assert "Referer" in page["Vary"]
