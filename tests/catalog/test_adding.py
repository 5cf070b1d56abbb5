"""Pictures that are put in through the page: checked, named, and made searchable."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.imports.sources import ImportRefused
from catalog.models import Collection, Image
from tests.helpers import encoded, picture
from tests.pages import html, text
from work.models import Job

ADDRESS = "/collections/places/add/"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """One descriptor that needs no network."""
    monkeypatch.setattr("catalog.jobs.all_names", lambda: ["colour-layout"])


@pytest.fixture
def curator(client, collection) -> User:
    user = User.objects.create_user("curator")
    user.user_permissions.add(Permission.objects.get(codename="add_image"))
    client.force_login(user)
    return user


def file(name: str, data: bytes | None = None, seed: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encoded(picture(seed)) if data is None else data)


def shows_of(response) -> str:
    """The page's words; names as they are read, without the places where they may break."""
    return html(response).replace("<wbr>", "")


def send(client, *files: SimpleUploadedFile):
    return client.post(ADDRESS, {"pictures": list(files)})


def test_thirty_files_of_which_one_is_broken(client, curator):
    # Catches twenty-nine good pictures that are lost with a bad one, and a bad one without a word.
    files = [file(f"p{number}.jpg", seed=number) for number in range(29)]
    shown = shows_of(send(client, *files, file("bad.jpg", encoded(picture(1))[:300])))
    assert "29 pictures were added." in shown
    assert "<strong>bad.jpg</strong>: " in shown
    assert set(Image.objects.values_list("name", flat=True)) == {f"p{n}" for n in range(29)}


def test_what_is_added_is_made_searchable(client, curator):
    # Catches pictures that are in and found by nobody.
    send(client, file("a.jpg"))
    [job] = Job.objects.filter(arguments__descriptor="colour-layout")
    assert (job.state, job.asked_by, job.outcome["extracted"]) == ("done", curator, 1)
    assert job.title == "Missing features of Places: Colour layout"
    [other] = Image.objects.all()
    assert other.vectors.get().descriptor == "colour-layout"


def test_every_refused_file_is_named(client, curator):
    # Catches a text file that disappears silently, as it may from a folder.
    shown = shows_of(send(client, file("notes.txt", b"words"), file("empty.png", b"")))
    assert "<strong>notes.txt</strong>: " in shown
    assert not Image.objects.exists() and not Job.objects.exists()


def test_another_picture_is_not_replaced(client, curator):
    # Catches IMG_0001 of one camera in place of that of another.
    send(client, file("IMG_0001.jpg", seed=1))
    before = Image.objects.get().sha256
    shown = text(send(client, file("IMG_0001.jpg", seed=2)))
    assert "another picture of this name" in shown
    assert Image.objects.get().sha256 == before
    assert "1 was there already." in text(send(client, file("IMG_0001.jpg", seed=1)))


def test_files_over_the_limit_are_named(client, curator, settings):
    settings.SIS_MAX_UPLOAD_BYTES = 20_000
    shown = shows_of(send(client, file("huge.jpg", b"x" * 30_000), file("a.jpg")))
    assert "<strong>huge.jpg</strong>: The file is too large." in shown
    assert Image.objects.count() == 1


def test_a_file_that_was_sent_twice(client, curator):
    shown = text(send(client, file("a.jpg", seed=1), file("a.jpg", seed=2)))
    assert "Another file of this name was sent with it." in shown
    assert Image.objects.count() == 1


def test_nothing_chosen(client, curator):
    response = client.post(ADDRESS, {})
    assert response.status_code == 400
    assert "Choose at least one file." in text(response)


def test_only_who_may_add_is_offered_it(client, collection, curator):
    # An empty collection offers it, and so does one with pictures.
    assert ADDRESS in html(client.get("/images/?collection=places"))
    send(client, file("b.jpg"))
    assert ADDRESS in html(client.get("/images/?collection=places"))
    curator.user_permissions.clear()
    assert ADDRESS not in html(client.get("/images/?collection=places"))
    assert send(client, file("a.jpg")).status_code == 403
    assert Image.objects.count() == 1


def test_the_script_is_told_of_each_file_in_order(client, curator):
    # Catches a reason that stands beside another file, and paths that lead out of the folder.
    sent = {
        "pictures": [file("a.jpg"), file("b.jpg", b"words"), file("c.jpg", seed=3)],
        "paths": ["../x/a.jpg", "x/b.jpg", "x\\..\\c.jpg"],
    }
    answer = client.post(ADDRESS, sent, headers={"accept": "application/json"}).json()
    first, second, third = answer["reasons"]
    assert (first, third, answer["problem"], answer["unchanged"]) == ("", "", "", 0)
    assert "not a picture" in second
    assert set(Image.objects.values_list("name", flat=True)) == {"x/a", "x/c"}


def test_a_collection_is_made_by_who_may(client, collection, curator):
    page = "/collections/new/"
    curator.user_permissions.add(Permission.objects.get(codename="add_collection"))
    assert "New collection" in shows_of(client.get("/images/"))
    made = client.post(page, {"slug": "old-town", "title": "Phố cổ"})
    assert made.url == "/collections/old-town/add/"
    for slug in ("old-town", "with space", "", "đường"):
        refused = client.post(page, {"slug": slug})
        assert refused.status_code == 400
        assert "form-errors" in shows_of(refused)
    assert Collection.objects.count() == 2
    client.logout()
    assert "New collection" not in shows_of(client.get("/images/"))


def test_an_import_that_is_refused_is_said_to_people_and_to_the_script(
    client, curator, monkeypatch
):
    def refused(**_asked):
        raise ImportRefused("Another import is running.")

    monkeypatch.setattr("catalog.adding_views.add_pictures", refused)
    assert "Another import is running." in shows_of(send(client, file("a.jpg")))
    sent = {"pictures": [file("a.jpg")]}
    answer = client.post(ADDRESS, sent, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["problem"]) == (503, "Another import is running.")


def test_who_may_only_make_collections_is_led_to_them(client, collection, curator):
    curator.user_permissions.set(Permission.objects.filter(codename="add_collection"))
    made = client.post("/collections/new/", {"slug": "later"})
    assert made.url == "/images/?collection=later"
