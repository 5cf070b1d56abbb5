"""Images and collections by program."""

from catalog.models import Image
from tests.helpers import encoded, picture
from tests.pages import fill, upload

from .conftest import problem

IMAGES = "/api/images/"


def test_images_are_listed_by_page_and_name(client, collection):
    fill(collection, 35)
    first = client.get(IMAGES, {"collection": collection.slug}).json()
    assert (first["count"], first["page"], first["pages"]) == (35, 1, 2)
    second = client.get(IMAGES, {"page": 2}).json()
    names = [image["name"] for answer in (first, second) for image in answer["images"]]
    assert names == sorted(names)
    assert len(names) == 35
    found = client.get(IMAGES, {"name": "E-03"}).json()
    assert found["count"] == 5
    one = found["images"][0]
    assert client.get(f"{IMAGES}{one['id']}/").json() == one
    assert one["sha256"] == Image.objects.get(pk=one["id"]).sha256


def test_pictures_are_added_and_refused_by_name(caller, collection):
    sender = caller("catalog.add_image")
    good = upload(encoded(picture(1, size=(90, 80))), "house.jpg")["picture"]
    bad = upload(b"no picture", "notes.jpg")["picture"]
    body = {"collection": collection.slug, "pictures": [good, bad]}
    answer = sender.post(IMAGES, body).json()
    assert answer["added"] == 1
    assert [skipped["name"] for skipped in answer["skipped"]] == ["notes.jpg"]
    assert Image.objects.get().name == "house"
    jobs = sender.get("/api/work/").json()
    assert jobs["count"] == len(jobs["jobs"]) > 0
    job = jobs["jobs"][0]
    assert sender.get(f"/api/work/{job['id']}/").json() == job
    problem(caller(name="other").get(f"/api/work/{job['id']}/"), 404)


def test_pictures_are_not_added_without_the_permission(client, caller, collection):
    body = {"collection": collection.slug, "pictures": upload(b"x")["picture"]}
    problem(client.post(IMAGES, body), 401)
    body["pictures"] = upload(b"x")["picture"]
    problem(caller().post(IMAGES, body), 403)


def test_an_image_is_deleted_with_its_file(caller, collection, django_capture_on_commit_callbacks):
    (image,) = fill(collection, 1)
    storage, name = image.file.storage, image.file.name
    problem(caller().delete(f"{IMAGES}{image.pk}/"), 403)
    deleter = caller("catalog.delete_image")
    with django_capture_on_commit_callbacks(execute=True):
        assert deleter.delete(f"{IMAGES}{image.pk}/").status_code == 204
    assert not Image.objects.exists()
    assert not storage.exists(name)
    problem(deleter.delete(f"{IMAGES}{image.pk}/"), 404)


def test_a_collection_tells_what_is_in_it(client, collection):
    fill(collection, 3)
    found = client.get(f"/api/collections/{collection.slug}/").json()
    assert (found["images"], found["searchable"], found["recipe"]) == (3, 3, "fc6")
    assert client.get("/api/collections/").json() == [found]
    problem(client.get("/api/collections/nowhere/"), 404)
