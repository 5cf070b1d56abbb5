"""Pages of what geometry proves: the ranking checked afterwards, the hit beside the query."""

import re
from io import BytesIO

import pytest
from django.urls import reverse
from PIL import ImageOps

from catalog.descriptors import get_any
from catalog.descriptors.local.rootsift import RootSift
from catalog.extraction import extract_features
from catalog.models import Image, ImageVector
from search.models import Query
from search.queries import create_query, crop_query
from search.recipes import get_recipe
from tests.helpers import encoded
from tests.pages import hit_ids, html, text
from tests.scenes import scene
from tests.search.proven import COLOURS, VIEWS, fill_with_views, store

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "ranking"}


@pytest.fixture
def images(collection):
    return fill_with_views(collection)


@pytest.fixture
def query(images, collection) -> Query:
    upload = BytesIO(encoded(scene(1), "PNG"))
    return create_query(file=upload, collection=collection, recipe=get_recipe(COLOURS))


def similar(image: Image, extra: str = "") -> str:
    return f"{reverse('search:similar', args=[image.pk])}?recipe={COLOURS}{extra}"


def test_the_plain_ranking_comes_at_once_with_the_way_to_the_checked_one(client, images):
    response = client.get(similar(images["house"]))
    assert "Check by geometry" in text(response)
    # For htmx when the page is there, and for readers without scripts.
    link = re.search(r'<a class="button" href="([^"]+)" hx-get="([^"]+)"', html(response))
    assert link[1] == link[2]
    assert "checked=1" in link[1]
    assert "Proven by" not in text(response)


def test_the_checked_ranking_is_a_page_of_its_own(client, images):
    response = client.get(similar(images["house"], "&checked=1"))
    said = text(response)
    assert "3 of the first 6 pictures are proven by geometry" in said
    assert "Check by geometry" not in said
    assert hit_ids(response)[0] == images["house"].pk
    assert said.count("Proven by") == 3
    assert "Show only these" in said


def test_htmx_gets_the_ranking_alone(client, images):
    # Catches a whole page within a page, or a ranking that takes itself for "show more".
    response = client.get(similar(images["house"], "&checked=1"), **HTMX)
    assert html(response).lstrip().startswith("<section")
    assert 'id="ranking"' in html(response)
    assert "<html" not in html(response)
    assert response["Vary"].count("HX-Request") == 1
    more = client.get(similar(images["house"], "&page=1"), HTTP_HX_REQUEST="true")
    assert "<section" not in html(more)


def test_only_proven_ones(client, images):
    response = client.get(similar(images["house"], "&proven=1"))
    assert set(hit_ids(response)) == {images[name].pk for name in VIEWS}
    assert "End of results: 3 pictures" in text(response)
    assert "Show all" in text(response)
    ImageVector.objects.filter(descriptor="rootsift", image=images["house"]).delete()
    nothing = client.get(similar(images["house"], "&proven=1"))
    assert "No picture is proven to show the same thing." in text(nothing)


def test_geometry_can_be_left_out(client, images):
    response = client.get(similar(images["house"], "&geometry=off"))
    assert "geometry" not in text(response)


def test_a_collection_without_local_features_says_nothing_of_them(client, collection):
    images = fill_with_views(collection, local=False)
    for extra in ("", "&checked=1", "&proven=1"):
        response = client.get(similar(images["house"], extra))
        assert response.status_code == 200
        assert "geometry" not in text(response)


def test_what_could_not_be_checked_is_said(client, images, settings):
    ImageVector.objects.filter(descriptor="rootsift", image=images["tower"]).delete()
    said = text(client.get(similar(images["house"], "&checked=1")))
    assert "1 of these pictures has no local features yet" in said
    assert "extract_features --descriptor rootsift" in said
    settings.SIS_GEOMETRY_SECONDS = 0
    said = text(client.get(similar(images["from_afar"], "&checked=1")))
    assert "Time was up when 0 of 6 pictures were checked" in said


def test_an_upload_is_ranked_before_its_local_features_are_sought(client, query, monkeypatch):
    sought = []
    real = RootSift.points_of
    monkeypatch.setattr(RootSift, "points_of", lambda *given: sought.append(1) or real(*given))
    client.get(query.get_absolute_url())
    assert not sought
    for extra in ("?checked=1", "?checked=1&page=1"):
        response = client.get(query.get_absolute_url() + extra)
        assert text(response).count("Proven by") == 3
    # Remembered for the next ranks, and not kept beside the vector: that is 20 KB, as the quota
    # has it, and they are 270.
    assert len(sought) == 1
    assert set(query.vectors.values_list("descriptor", flat=True)) == {COLOURS}


def test_a_card_leads_to_the_proof(client, query, images):
    response = client.get(query.get_absolute_url() + "?checked=1")
    links = re.findall(r'href="([^"]+/proof/\d+/[^"]*)"', html(response))
    assert len(links) == 3
    for link in links:
        proof = client.get(link)
        assert proof.status_code == 200
        assert "points lie where they must" in text(proof)
        assert html(proof).count('class="proof-line"') >= 16  # in two arrangements


def test_a_proof_of_two_images(client, images):
    first, second = images["house"], images["from_the_left"]
    address = reverse("search:image_proof", args=[first.pk, second.pk])
    body = html(client.get(address))
    outline = re.search(r'<polygon class="proof-outline" points="([^"]+)"', body)[1].split()
    corner = [float(number) for number in outline[0].split(",")]
    assert corner == pytest.approx([25, 8], abs=3)
    assert len(re.search(r'data-matrix="([^"]+)"', body)[1].split()) == 9
    assert "data-part" not in body


def test_numbers_of_a_drawing_are_numbers_in_every_language(client, images):
    # Catches "0,5" in an SVG attribute.
    client.cookies["sis_language"] = "vi"
    address = reverse("search:image_proof", args=[images["house"].pk, images["from_afar"].pk])
    body = html(client.get(address, HTTP_ACCEPT_LANGUAGE="vi"))
    assert 'lang="vi"' in body
    for numbers in re.findall(r' (?:x1|y1|cx|cy|width|x)="([^"]+)"', body):
        float(numbers)
    [float(number) for number in re.search(r'data-matrix="([^"]+)"', body)[1].split()]


def test_only_the_part_counts_and_is_drawn_where_it_is(client, query, images):
    box = (100.0, 50.0, 380.0, 280.0)
    part = crop_query(query=query, box=box, recipe=get_recipe(COLOURS))
    address = reverse("search:query_proof", args=[part.pk, images["house"].pk])
    body = html(client.get(address))
    assert 'data-part="100 50 380 280 "' in body
    outline = re.search(r'<polygon class="proof-outline" points="([^"]+)"', body)[1].split()
    first = [float(number) for number in outline[0].split(",")]
    assert first == pytest.approx([100, 50], abs=3)


def test_a_pair_that_nothing_proves(client, images):
    address = reverse("search:image_proof", args=[images["house"].pk, images["tower"].pk])
    response = client.get(address)
    assert response.status_code == 200
    assert "Nothing proves that these two pictures show the same thing." in text(response)


def test_a_hit_without_features_proves_nothing(client, images):
    ImageVector.objects.filter(descriptor="rootsift", image=images["tower"]).delete()
    address = reverse("search:image_proof", args=[images["house"].pk, images["tower"].pk])
    assert "Nothing proves" in text(client.get(address))


def test_proofs_that_cannot_be(client, images, query, settings):
    house, tower = images["house"], images["tower"]
    proof = reverse("search:image_proof", args=[house.pk, tower.pk])
    missing = reverse("search:image_proof", args=[house.pk, 10**9])
    assert client.get(missing).status_code == 404
    assert client.get(f"{proof}?recipe=nowhere").status_code == 404
    ImageVector.objects.filter(descriptor="rootsift", image=tower).update(data=b"x")
    assert client.get(proof).status_code == 404
    query.picture.storage.delete(query.picture.name)
    assert client.get(f"{query.get_absolute_url()}proof/{house.pk}/").status_code == 404
    settings.SIS_LOCAL_DESCRIPTORS = {}
    assert client.get(proof).status_code == 404


def test_the_picture_s_page_tells_of_its_local_features(client, images):
    said = text(client.get(images["house"].get_absolute_url()))
    assert "Local features (RootSIFT) ready rootsift/2000/1024px/upright" in said
    # They rank nothing: what is searched with is the vector.
    assert f"similar/?recipe={COLOURS}" in html(client.get(images["house"].get_absolute_url()))


def test_what_a_grown_query_proves_has_no_page_of_two_pictures(client, images):
    # Catches a link that says "proven" to a page that says "nothing proves".
    address = reverse("search:similar", args=[images["house"].pk])
    response = client.get(f"{address}?recipe={COLOURS}%2Bgeometry%2Bexpanded&checked=1")
    assert text(response).count("Proven by") == 3
    assert "/proof/" not in html(response)


def test_mirror_images_are_found_where_they_are_asked_for(client, images, collection):
    copy = store(collection, "mirrored", ImageOps.mirror(scene(1)))
    for name in (COLOURS, "rootsift"):
        extract_features(ids=[copy.pk], descriptor=get_any(name))
    address = reverse("search:similar", args=[images["house"].pk])
    plain = client.get(f"{address}?recipe={COLOURS}&checked=1")
    also = client.get(f"{address}?recipe={COLOURS}%2Bgeometry%2Bmirrored&checked=1")
    assert (text(plain).count("Proven by"), text(also).count("Proven by")) == (3, 4)
    link = re.search(rf'href="([^"]+/proof/{copy.pk}/[^"]*)"', html(also))[1]
    assert "Left and right are exchanged." in text(client.get(link))
    assert "Nothing proves" in text(client.get(link.split("?")[0]))


def test_damaged_features_of_the_picture_searched_with_prove_nothing(client, images):
    # Catches an error page for the picture whose own row is damaged.
    first, second = images["house"], images["from_afar"]
    ImageVector.objects.filter(descriptor="rootsift", image=first).update(data=b"x")
    response = client.get(similar(first, "&checked=1"))
    assert response.status_code == 200
    assert "0 of the first 6 pictures are proven" in text(response)
    proof = client.get(reverse("search:image_proof", args=[first.pk, second.pk]))
    assert "Nothing proves" in text(proof)
