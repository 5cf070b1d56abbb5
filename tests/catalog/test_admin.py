"""The admin: the corpus can be browsed, filtered and worked on, and no list loads vectors."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.urls import reverse

from catalog import admin as catalog_admin
from catalog import jobs
from catalog.feature_states import FeatureState
from catalog.models import Collection, Image
from tests.catalog.stand_in import StandIn
from tests.helpers import MODEL_ID, add_image, unit_vectors

LIST = reverse("admin:catalog_image_changelist")
COLLECTIONS = reverse("admin:catalog_collection_changelist")
OLD = "vgg16/imagenet/float32"
QUERIES = ["", "?features=outdated", "?q=a", "?o=3", "?o=-3.6", "?_facets=True"]


def change_page(image: Image) -> str:
    return reverse("admin:catalog_image_change", args=[image.pk])


@pytest.fixture
def images(collection) -> dict[str, Image]:
    """One image in each state."""
    vectors = unit_vectors(4)
    return {
        "current": add_image(collection, "current", vector=vectors[0]),
        "redo": add_image(collection, "redo", vector=vectors[1], fc6_error="It is damaged."),
        "outdated": add_image(collection, "outdated", vector=vectors[2], model_id=OLD),
        "failed": add_image(collection, "failed", fc6_error="It is damaged."),
        "stale": add_image(
            collection, "stale", vector=vectors[3], model_id=OLD, fc6_error="It is damaged."
        ),
        "missing": add_image(collection, "missing"),
    }


STATES = {
    "current": {"current", "redo"},
    "outdated": {"outdated"},
    "failed": {"failed", "stale"},
    "missing": {"missing"},
}
WORDS = {"current": "current", "outdated": "out of date", "failed": "failed", "missing": "none"}


@pytest.fixture
def stand_in(monkeypatch) -> StandIn:
    descriptor = StandIn()
    monkeypatch.setattr(catalog_admin, "get_any", lambda name="fc6": descriptor)
    monkeypatch.setattr(jobs, "get_any", lambda name="fc6": descriptor)
    return descriptor


@pytest.fixture
def no_weights(settings, tmp_path) -> str:
    settings.SIS_WEIGHTS = str(tmp_path / "gone.h5")
    return settings.SIS_WEIGHTS


def listed(response) -> set[str]:
    return {image.name for image in response.context["cl"].result_list}


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def act(client, action: str, images, **extra):
    data = {"action": action, "index": "0", "_selected_action": [image.pk for image in images]}
    return client.post(LIST, data | extra, follow=True)


class Sources(HTMLParser):
    """Collects what a page's content security policy would refuse, and its pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        inline = tag == "style" or (tag == "script" and "src" not in given)
        if (inline and given.get("type") != "application/json") or "style" in given:
            self.refused.append(f"<{tag}>")
        self.refused += [name for name in given if name.startswith("on")]
        if tag == "img":
            self.pictures.append(given)


@pytest.mark.parametrize("query", QUERIES)
def test_the_list_loads_no_vectors(admin_client, images, no_vectors_loaded, query):
    # Catches 16 KB a row; also in a filter, a sort, a search or the filters' counts.
    with no_vectors_loaded():
        response = admin_client.get(LIST + query)
    assert response.status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_list(
    admin_client, collection, django_assert_max_num_queries
):
    # Catches a query a row, such as for the collection's title.
    for number in range(30):
        add_image(collection, f"i{number}")
    with django_assert_max_num_queries(10):
        assert len(listed(admin_client.get(LIST))) == 30


def test_rows_show_a_thumbnail_that_the_content_names(admin_client, images):
    # Catches an address that stays the same when the picture is replaced.
    page = Sources(admin_client.get(LIST).content.decode())
    thumbnails = {picture["src"]: picture for picture in page.pictures}
    for image in images.values():
        address = reverse("catalog:thumbnail", args=[image.pk, "small"])
        assert thumbnails[f"{address}?v={image.sha256[:12]}"]["loading"] == "lazy"


@pytest.mark.parametrize("state", STATES)
def test_the_filter_and_the_column_agree_with_the_counts(admin_client, images, state):
    # Catches a filter, a column and a count that each have their own idea of "failed".
    response = admin_client.get(LIST, {"features": state})
    assert listed(response) == STATES[state]
    assert len(STATES[state]) == getattr(Image.objects.feature_counts("fc6", MODEL_ID), state)
    cells = re.findall(r'<td class="field-features">(.*?)</td>', response.content.decode())
    assert [WORDS[state] in cell for cell in cells] == [True] * len(STATES[state])


def test_other_filters_and_the_search(admin_client, images):
    other = Collection.objects.create(slug="other")
    stranger = add_image(other, "stranger")
    Image.objects.filter(pk=stranger.pk).update(format="PNG")
    assert listed(admin_client.get(LIST, {"collection__id__exact": other.pk})) == {"stranger"}
    assert listed(admin_client.get(LIST, {"format__exact": "PNG"})) == {"stranger"}
    assert listed(admin_client.get(LIST, {"q": "RRE"})) == {"current"}
    assert len(listed(admin_client.get(LIST, {"features": "nonsense"}))) == 7


def test_an_image_page_shows_facts_vector_and_neighbours(admin_client, images):
    image = images["current"]
    vector = image.fc6.copy()
    vector[:1024] = 0
    vector[1024:] = 1 / 64
    Image.objects.filter(pk=image.pk).update(fc6=vector)
    page = admin_client.get(change_page(image)).content.decode()
    assert image.sha256 in page
    assert "64 × 48" in page
    assert reverse("catalog:thumbnail", args=[image.pk, "grid"]) in page
    assert MODEL_ID in page
    assert "0.866025" in page  # sqrt(3072) / 64
    assert "25.0 %" in page
    assert reverse("search:similar", args=[image.pk]) in page


@pytest.mark.parametrize("state", ["outdated", "failed", "missing"])
def test_an_image_page_without_current_features_says_so(admin_client, images, state):
    # Catches a page that breaks on None, and a link to neighbours that cannot be found.
    page = admin_client.get(change_page(images[state])).content.decode()
    assert f"</span> {WORDS[state]}</span>" in page
    assert reverse("search:similar", args=[images[state].pk]) not in page
    assert ("It is damaged." in page) == (state == "failed")


def test_a_corrupt_vector_is_named_on_the_image_page(admin_client, images):
    # Catches an image that the admin cannot open, and so cannot clear, because of its bytes.
    with connection.cursor() as cursor:
        pk = images["current"].pk
        cursor.execute("UPDATE catalog_image SET fc6 = %s WHERE id = %s", [b"\0" * 5, pk])
    page = admin_client.get(change_page(images["current"])).content.decode()
    assert "expected 16384 bytes for 4096 components, got 5" in page


def test_facts_cannot_be_edited_and_images_not_added(admin_client, images):
    # Catches a form that renames what ground truth refers to.
    image = images["current"]
    page = admin_client.get(change_page(image)).content.decode()
    assert 'name="name"' not in page
    assert 'name="_save"' not in page
    assert admin_client.post(change_page(image), {"name": "renamed"}).status_code == 403
    assert admin_client.get(reverse("admin:catalog_image_add")).status_code == 403
    assert Image.objects.get(pk=image.pk).name == "current"


def test_vector_changes_are_not_in_the_admin(admin_client):
    assert "vectorchange" not in admin_client.get(reverse("admin:index")).content.decode()


def test_extract_does_what_has_no_current_vector(admin_client, images, stand_in):
    # Catches work done again, and failures that a person cannot have tried again.
    kept = Image.objects.get(name="current").fc6.tobytes()
    response = act(admin_client, "extract", images.values())
    assert said(response) == ["Extracted the features of 4 images."]
    assert Image.objects.with_current("fc6", MODEL_ID).count() == 6
    assert Image.objects.get(name="current").fc6.tobytes() == kept
    again = act(admin_client, "extract", images.values())
    assert "clear them first" in said(again)[0]


def test_extract_keeps_to_the_selection(admin_client, images, stand_in):
    act(admin_client, "extract", [images["missing"]])
    assert Image.objects.in_feature_state("fc6", MODEL_ID, FeatureState.MISSING).count() == 0
    assert Image.objects.get(name="failed").fc6 is None


def test_extract_works_across_pages_with_a_filter(admin_client, images, stand_in):
    # Catches "select all" that ignores the filter, or takes the first page only.
    data = {"action": "extract", "index": "0", "select_across": "1", "_selected_action": ["1"]}
    response = admin_client.post(f"{LIST}?features=failed", data, follow=True)
    assert said(response) == ["Extracted the features of 2 images."]
    assert Image.objects.get(name="missing").fc6 is None


def test_extract_reports_failures(admin_client, images, stand_in):
    images["missing"].file.storage.delete(images["missing"].file.name)
    [text] = said(act(admin_client, "extract", [images["missing"]]))
    assert text.startswith("1 image failed. missing: The file ")


def test_extract_says_what_is_queued(admin_client, images, stand_in, settings):
    # Catches "extracted" where a worker has not begun.
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    response = act(admin_client, "extract", images.values())
    assert said(response) == ["4 images are queued for a worker to extract."]
    assert stand_in.batches == []


def test_clear_removes_vectors_and_errors_and_counts_them(admin_client, images):
    response = act(admin_client, "clear", images.values(), confirmed="yes")
    assert said(response) == ["Cleared the features of 5 images."]
    assert Image.objects.in_feature_state("fc6", MODEL_ID, FeatureState.MISSING).count() == 6


def test_actions_want_the_permission_to_change(client, images, stand_in):
    # Catches a person who may only look, and has 5,000 vectors cleared.
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_image"))
    client.force_login(viewer)
    assert client.get(LIST).status_code == 200
    act(client, "clear", images.values(), confirmed="yes")
    assert Image.objects.in_feature_state("fc6", MODEL_ID, FeatureState.MISSING).count() == 1
    viewer.user_permissions.set([Permission.objects.get(codename="change_image")])
    act(client, "clear", images.values(), confirmed="yes")
    assert Image.objects.in_feature_state("fc6", MODEL_ID, FeatureState.MISSING).count() == 6


def test_weights_that_are_gone_are_said_and_break_nothing(admin_client, images, no_weights):
    # Catches an admin that cannot be opened by the person who has to repair the installation.
    for page in (LIST, COLLECTIONS, change_page(images["current"])):
        response = admin_client.get(page)
        assert response.status_code == 200
        assert [text for text in said(response) if no_weights in text]
    with_features = admin_client.get(LIST, {"features": "present"})
    assert listed(with_features) == {"current", "outdated"}
    assert ">has features</span>" in with_features.content.decode()
    assert listed(admin_client.get(LIST, {"features": "failed"})) == {"redo", "failed", "stale"}
    assert any(no_weights in text for text in said(act(admin_client, "extract", images.values())))
    assert Image.objects.exclude(fc6_error="").count() == 3
    assert act(admin_client, "clear", images.values(), confirmed="yes").status_code == 200
    assert Image.objects.in_feature_state("fc6", MODEL_ID, FeatureState.MISSING).count() == 6


def test_collections_show_counts_in_one_query(
    admin_client, images, no_vectors_loaded, django_assert_max_num_queries
):
    for number in range(10):
        Collection.objects.create(slug=f"empty{number}")
    with no_vectors_loaded(), django_assert_max_num_queries(9):
        response = admin_client.get(COLLECTIONS)
    counts = {c.slug: (c.image_count, c.features_count) for c in response.context["cl"].result_list}
    assert counts["places"] == (6, 2)
    assert counts["empty3"] == (0, 0)


def test_a_collection_links_to_its_images(admin_client, collection, images):
    link = f"{LIST}?collection__id__exact={collection.pk}"
    page = admin_client.get(reverse("admin:catalog_collection_change", args=[collection.pk]))
    assert link in admin_client.get(COLLECTIONS).content.decode()
    assert link in page.content.decode()
    assert len(listed(admin_client.get(link))) == 6


def test_a_collection_is_retitled_but_keeps_its_short_name(admin_client, collection):
    page = reverse("admin:catalog_collection_change", args=[collection.pk])
    admin_client.post(page, {"slug": "renamed", "title": "New title"})
    collection.refresh_from_db()
    assert (collection.slug, collection.title) == ("places", "New title")


def test_a_collection_can_be_added(admin_client):
    address = reverse("admin:catalog_collection_add")
    assert admin_client.get(address).status_code == 200
    admin_client.post(address, {"slug": "fresh", "title": "Fresh"})
    assert Collection.objects.filter(slug="fresh").exists()


def test_pages_keep_to_the_content_security_policy(admin_client, collection, images):
    # Catches inline styles and scripts, which browsers refuse under `default-src 'self'`.
    collection_page = reverse("admin:catalog_collection_change", args=[collection.pk])
    for address in (LIST, COLLECTIONS, change_page(images["failed"]), collection_page):
        response = admin_client.get(address)
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert Sources(response.content.decode()).refused == []
