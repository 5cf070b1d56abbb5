"""Deleting, in the admin and elsewhere: what goes along, and that no vector is loaded for it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from catalog import vectors
from catalog.models import Collection, Image
from tests.helpers import add_image, unit_vectors

LIST = reverse("admin:catalog_image_changelist")
COLLECTIONS = reverse("admin:catalog_collection_changelist")


@pytest.fixture
def images(collection) -> list[Image]:
    rows = unit_vectors(6)
    return [add_image(collection, f"i{n}", vector=row) for n, row in enumerate(rows)]


@pytest.fixture
def decoded(images, monkeypatch) -> list[int]:
    """One entry for each vector that comes out of the database from now on."""
    seen: list[int] = []
    decode = vectors.decode

    def counted(*args):
        seen.append(1)
        return decode(*args)

    monkeypatch.setattr(vectors, "decode", counted)
    assert Image.objects.get(pk=images[0].pk).fc6 is not None
    assert seen.pop() == 1  # it does see one
    return seen


@pytest.mark.parametrize("confirmed", [False, True])
def test_deleting_images_loads_no_vectors(admin_client, images, no_vectors_loaded, confirmed):
    # Catches the collector reading whole rows to show and to delete them.
    pks = [image.pk for image in images]
    data = {"action": "delete_selected", "index": "0", "_selected_action": pks}
    data |= {"post": "yes"} if confirmed else {}
    with no_vectors_loaded():
        admin_client.post(LIST, data)
    assert Image.objects.count() == (0 if confirmed else 6)


@pytest.mark.parametrize("in_list", [False, True], ids=["its page", "the list"])
@pytest.mark.parametrize("confirmed", [False, True])
def test_deleting_a_collection_loads_no_vectors(
    admin_client, collection, images, decoded, confirmed, in_list
):
    # Catches the cascade, which by default reads every column of every image. Counted as vectors
    # and not by the queries: Django asks once more for the images of a collection left empty.
    page = reverse("admin:catalog_collection_delete", args=[collection.pk])
    data = {"post": "yes"} if confirmed else {}
    if in_list:
        page = COLLECTIONS
        data |= {"action": "delete_selected", "index": "0", "_selected_action": [collection.pk]}
    response = admin_client.post(page, data) if data else admin_client.get(page)
    assert decoded == []
    assert Collection.objects.exists() != confirmed
    assert Image.objects.exists() != confirmed
    assert confirmed or "Images: 6" in response.content.decode()


@pytest.mark.parametrize(
    "delete",
    [Collection.delete, lambda collection: Collection.objects.filter(pk=collection.pk).delete()],
    ids=["one", "a query"],
)
def test_deleting_a_collection_outside_the_admin_loads_no_vectors(
    collection, images, decoded, delete
):
    # Catches a cascade over a million images that needs 16 GB.
    total, counts = delete(collection)
    assert decoded == []
    assert (total, counts) == (7, {"catalog.Image": 6, "catalog.Collection": 1})
    assert collection.pk is None or delete != Collection.delete
    assert not Image.objects.exists()


def test_deleting_a_collection_wants_the_permission_for_its_images(client, collection, images):
    keeper = User.objects.create_user("keeper", password="x", is_staff=True)
    keeper.user_permissions.add(Permission.objects.get(codename="delete_collection"))
    client.force_login(keeper)
    page = reverse("admin:catalog_collection_delete", args=[collection.pk])
    assert client.post(page, {"post": "yes"}).status_code == 403
    assert Image.objects.count() == 6


def test_deleting_an_image_deletes_its_file(
    admin_client, images, media, django_capture_on_commit_callbacks
):
    path = media / images[0].file.name
    assert path.exists()
    page = reverse("admin:catalog_image_delete", args=[images[0].pk])
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(page, {"post": "yes"})
    assert not path.exists()
