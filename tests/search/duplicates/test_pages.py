"""The page of duplicates, its job, its confirmation, and the same by program."""

import pytest
from django.contrib.auth.models import User

from catalog.models import Collection, Image
from search.models import DuplicateScan
from tests.helpers import add_image
from tests.pages import html, text
from tests.search.duplicates.made import made_scan
from tests.search.proven import COLOURS
from work.models import Job

pytestmark = pytest.mark.django_db
PAGE = "/collections/places/duplicates/"
DELETE = f"{PAGE}delete/"


@pytest.fixture
def scanned(collection) -> list[Image]:
    return made_scan(collection)


@pytest.fixture
def curator(client):
    user = User.objects.create_superuser("curator")
    client.force_login(user)
    return client


def shown(page) -> list[list[str]]:
    return [[image.name for image in group.images] for group in page.context["groups"]]


def test_groups_stand_by_size_and_the_largest_picture_first(client, scanned):
    page = client.get(PAGE)
    assert shown(page) == [["p1", "p0", "p2"]]
    assert shown(client.get(PAGE, {"distance": "0.4"})) == [["p1", "p0", "p2"], ["p3", "p4"]]
    assert "1 group of 3 pictures" in text(page)
    assert "0.20 (suggested): 2" in text(page)
    assert 'type="checkbox"' not in html(page)


@pytest.mark.parametrize("distance", ["x", "-1", "nan", "inf", "0.9"])
def test_distances_that_are_none_are_form_errors(client, scanned, distance):
    page = client.get(PAGE, {"distance": distance})
    assert page.status_code == 400
    assert list(page.context["form"].errors) == ["distance"]


def test_pictures_are_deleted_after_a_confirmation(
    curator, scanned, django_capture_on_commit_callbacks
):
    # Catches a click that deletes at once, and a group of which nothing remains unsaid.
    everything = [image.pk for image in scanned[:3]]
    asked = curator.post(DELETE, {"image": everything, "distance": "0.2"})
    assert "3 pictures will be deleted" in text(asked)
    assert "Of 1 group no picture would remain." in text(asked)
    assert Image.objects.count() == 5
    chosen = [scanned[0].pk, scanned[2].pk]
    asked = curator.post(DELETE, {"image": chosen, "distance": "0.4", "page": "1"})
    assert "no picture would remain" not in text(asked)
    name = scanned[0].file.name
    storage = scanned[0].file.storage
    asked = {"image": chosen, "distance": "0.4", "page": "1", "confirmed": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        done = curator.post(DELETE, asked, follow=True)
    assert done.redirect_chain[0][0] == f"{PAGE}?distance=0.4&page=1"
    assert "Deleted 2 pictures." in text(done)
    assert shown(done) == [["p3", "p4"]]
    assert not storage.exists(name)


def test_pictures_of_another_collection_are_not_deleted(curator, scanned):
    other = add_image(Collection.objects.create(slug="other"), "kept")
    asked = {"image": [other.pk, "x", "9" * 40], "confirmed": "yes"}
    curator.post(DELETE, asked)
    assert Image.objects.filter(pk=other.pk).exists()
    assert "Tick the pictures" in text(curator.post(DELETE, {}, follow=True))


def test_nobody_deletes_or_compares_without_the_permission(client, scanned):
    chosen = {"image": [scanned[0].pk], "confirmed": "yes"}
    for role in ("visitor", "account"):
        assert client.post(DELETE, chosen).status_code in (302, 403), role
        assert client.post(PAGE).status_code in (302, 403), role
        client.force_login(User.objects.get_or_create(username="account")[0])
    assert Image.objects.count() == 5
    assert not Job.objects.exists()


def test_all_but_the_largest_can_be_ticked_without_a_script(curator, scanned):
    page = html(curator.get(PAGE, {"smaller": ""}))
    assert page.count("checked") == 2
    assert f'value="{scanned[1].pk}" checked' not in page


def test_a_comparison_is_asked_for_and_replaces_the_one_before(curator, scanned, settings):
    page = curator.post(PAGE)
    assert page.status_code == 409  # nothing has vectors
    assert "Extract features first" in text(page)
    assert DuplicateScan.objects.get().recipe == COLOURS


def test_without_a_comparison_the_page_says_what_it_would_show(client, collection):
    page = client.get(PAGE)
    assert "were not compared with each other yet" in text(page)
    assert client.get("/collections/nowhere/duplicates/").status_code == 404


def test_the_list_reads_no_vectors_and_few_rows(client, scanned, django_assert_max_num_queries):
    with django_assert_max_num_queries(12) as captured:
        client.get(PAGE)
    assert not any('"fc6"' in query["sql"] for query in captured.captured_queries)
