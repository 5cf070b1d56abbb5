"""Renditions: whole or absent, of the right content, made by whoever is first."""

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as PillowImage

from catalog.files import thumbnails
from catalog.files.sealing import is_whole
from catalog.files.thumbnails import (
    CODINGS,
    SIZES,
    delete_renditions,
    render,
    rendition_name,
    rendition_of,
)
from catalog.models import Collection, Image
from catalog.pixels import lanes
from tests.helpers import add_image, encoded, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(collection) -> Image:
    return add_image(collection, "street/corner", seed=5)


def address(image: Image, size: str = "grid") -> str:
    return f"/images/{image.pk}/thumbnail/{size}/?v={image.sha256[:12]}"


def is_picture(data: bytes) -> bool:
    with PillowImage.open(BytesIO(data)) as opened:
        opened.load()
        return opened.format in {"JPEG", "WEBP"}


def refusal(response) -> tuple[int, str, str]:
    assert response.getvalue().startswith(b"<svg")
    return response.status_code, response["Content-Type"], response["Cache-Control"]


def test_a_rendition_is_made_once_and_writes_no_row(client, image):
    # Catches a picture decoded at every request, and a page that waits for the database's writer.
    client.get(address(image))
    made = default_storage.get_modified_time(rendition_name(image.sha256, "grid"))
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address(image))
    assert len(queries) == 2  # what is hidden, and the image
    assert is_picture(response.getvalue())
    assert default_storage.get_modified_time(rendition_name(image.sha256, "grid")) == made


def test_the_dates_of_the_original_mean_nothing(client, image, monkeypatch):
    # Catches a picture from the future, whose rendition always looks older than itself.
    os.utime(image.file.path, (4e9, 4e9))
    client.get(address(image))
    monkeypatch.setattr(thumbnails, "render", lambda *_: pytest.fail("made again"))
    assert client.get(address(image)).status_code == 200


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_and_closed(data: bytes) -> bytes:
    return cut(data) + b"\xff\xd9"


def zeroed_in_the_middle(data: bytes) -> bytes:
    third = len(data) // 3
    return data[:third] + bytes(third) + data[2 * third :]


def zeroed(data: bytes) -> bytes:
    return bytes(len(data))


def without_end_marker(data: bytes) -> bytes:
    return data[:-2]


def text(data: bytes) -> bytes:
    return b"<html>no picture</html>" + data


def of_another_maker(data: bytes) -> bytes:
    return encoded(picture(9))


DAMAGES = [
    *(lambda data: b"", lambda data: data[:3], lambda data: data + b"\0"),
    *(cut, cut_and_closed, zeroed, zeroed_in_the_middle, without_end_marker),
    *(text, of_another_maker),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_rendition_is_made_anew(client, image, damage, monkeypatch):
    # Catches what a full or failing disk leaves, served for a year.
    whole = client.get(address(image)).getvalue()
    name = rendition_name(image.sha256, "grid")
    default_storage.delete(name)
    default_storage.save(name, ContentFile(damage(whole)))
    response = client.get(address(image))
    assert (response.status_code, response.getvalue()) == (200, whole)
    monkeypatch.setattr(thumbnails, "render", lambda *_: pytest.fail("not mended"))
    assert client.get(address(image)).getvalue() == whole


def test_a_folder_in_the_place_of_a_rendition_stops_nothing(client, image, media):
    # Catches a 500 where what lies there is no file at all.
    (media / rendition_name(image.sha256, "grid")).mkdir(parents=True)
    response = client.get(address(image))
    assert is_picture(response.getvalue())
    assert response["Cache-Control"] == "no-store"


def test_a_full_disk_keeps_nothing_and_the_page_its_picture(
    client, collection, small_disk, settings, caplog
):
    # Catches a file of 0 bytes left behind, and an answer that browsers keep although it failed.
    settings.MEDIA_ROOT = small_disk.path
    image = add_image(collection, "corner")
    client.get(address(image, "small"))
    kept = small_disk.rest()
    small_disk.fill()
    response = client.get(address(image))
    assert response.status_code == 200
    assert is_picture(response.getvalue())
    assert response["Cache-Control"] == "no-store"
    assert "No space left" in caplog.text
    assert small_disk.rest() == kept
    small_disk.empty()
    assert "immutable" in client.get(address(image))["Cache-Control"]
    assert len(small_disk.rest()) == len(kept) + 1


def test_a_read_only_disk_serves_what_it_has_and_makes_the_rest(
    client, collection, small_disk, settings
):
    # Catches a page of broken pictures where nothing can be written.
    settings.MEDIA_ROOT = small_disk.path
    image = add_image(collection, "corner")
    client.get(address(image, "small"))
    small_disk.freeze()
    answers = {size: client.get(address(image, size)) for size in SIZES}
    assert all(is_picture(answer.getvalue()) for answer in answers.values())
    made = {size for size in SIZES if answers[size]["Cache-Control"] == "no-store"}
    assert made == set(SIZES) - {"small"}


def test_a_lost_or_damaged_original_is_a_drawing_that_nobody_keeps(client, image):
    # Catches an error page where an <img> is, and a placeholder that stays after the repair.
    path = Path(image.file.path)
    os.truncate(path, 100)
    assert refusal(client.get(address(image))) == (404, "image/svg+xml", "no-store")
    path.unlink()
    assert refusal(client.get(address(image))) == (404, "image/svg+xml", "no-store")
    path.mkdir()
    assert refusal(client.get(address(image))) == (503, "image/svg+xml", "no-store")
    assert not default_storage.exists(rendition_name(image.sha256, "grid"))


def test_other_content_than_the_row_names_is_shown_and_not_kept(client, image):
    # Catches a picture filed for good under the hash of another one.
    content = encoded(picture(77))
    Path(image.file.path).write_bytes(content)
    response = client.get(address(image))
    assert response.getvalue() == render(content, SIZES["grid"], CODINGS["grid"])
    assert response["Cache-Control"] == "no-store"
    assert not default_storage.exists(rendition_name(image.sha256, "grid"))


@pytest.mark.parametrize("shape", [(12000, 17), (17, 12000), (3000, 1), (1, 1)])
@pytest.mark.parametrize("size", SIZES)
def test_the_most_elongated_picture_has_a_rendition(shape, size):
    # Catches a side of no pixel at all.
    data = render(encoded(picture(1, size=shape), "PNG"), SIZES[size], CODINGS[size])
    with PillowImage.open(BytesIO(data)) as opened:
        assert min(opened.size) >= 1
        assert opened.width <= SIZES[size][0]
        assert opened.height <= SIZES[size][1]


def test_remarks_of_the_original_stay_at_home():
    # Catches a camera's or an author's words in what is served to everybody.
    exif = PillowImage.Exif()
    exif[0x8298] = "secret owner"
    content = encoded(picture(1), comment=b"secret remark", exif=exif)
    assert b"secret" in content
    assert b"secret" not in render(content, SIZES["grid"], CODINGS["grid"])


def test_makers_at_the_same_time_do_each_other_no_harm(image, media):
    # Catches a reader that sees half of what another one writes.
    expected = render(default_storage.open(image.file.name).read(), SIZES["grid"], CODINGS["grid"])
    name = rendition_name(image.sha256, "grid")
    delete_renditions(image.sha256)

    def look(number: int) -> bytes:
        if number % 5 == 0:
            default_storage.delete(name)
        return rendition_of(image, "grid").data

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(look, range(400))) == {expected}
    files = [path for path in (media / "thumbnails").rglob("*") if path.is_file()]
    assert [str(path.relative_to(media)) for path in files] == [name]


KILLED = """
import sys
import django
django.setup()
from catalog.files.sealing import sealed
from catalog.files.thumbnails import rendition_name
from catalog.files.media import write_whole
content = sealed(b"\\xff\\xd8\\xff\\xe0\\0\\x10" + bytes(20_000_000) + b"\\xff\\xd9")
print("ready", flush=True)
while True:
    write_whole(content=content, name=rendition_name("ab" * 32, "grid"))
"""


@pytest.mark.slow
def test_a_maker_that_is_killed_leaves_no_half_rendition(tmp_path):
    # Catches writing in place, with the disk's own timing.
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SIS_VAR_DIR": str(tmp_path),
    }
    path = tmp_path / "media" / rendition_name("ab" * 32, "grid")
    for attempt in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED],
            cwd=project.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
        ) as maker:
            assert maker.stdout is not None
            maker.stdout.readline()
            time.sleep(0.1 + attempt * 0.013)
            maker.kill()
        assert not path.exists() or is_whole(path.read_bytes())
    assert path.exists()


def test_rows_of_equal_content_share_a_rendition_until_the_last_one_goes(
    collection, django_capture_on_commit_callbacks
):
    # Catches a rendition deleted under another row, and one that stays for ever.
    first = add_image(collection, "one", seed=5)
    second = add_image(Collection.objects.create(slug="other"), "one", seed=5)
    for size in SIZES:
        rendition_of(first, size)
    for gone, left in ((first, len(SIZES)), (second, 0)):
        with django_capture_on_commit_callbacks(execute=True):
            gone.delete()
        there = [s for s in SIZES if default_storage.exists(rendition_name(first.sha256, s))]
        assert len(there) == left


def test_a_rendition_of_a_bucket_is_mended_there(client, s3, collection):
    # Catches a cut object that is trusted for its size, or served for good.
    image = add_image(collection, "corner")
    whole = client.get(address(image)).getvalue()
    name = rendition_name(image.sha256, "grid")
    for damaged in (b"", zeroed(whole), cut(whole)):
        s3.put_object(Bucket="pictures", Key=name, Body=damaged)
        assert client.get(address(image)).getvalue() == whole
        assert s3.get_object(Bucket="pictures", Key=name)["Body"].read() == whole


def test_a_bucket_that_does_not_answer_is_a_drawing(client, s3, collection, settings):
    # Catches a 500 of the client library, whose errors are no OSError.
    image = add_image(collection, "corner")
    options = settings.STORAGES["default"]["OPTIONS"] | {"bucket_name": "no-such-bucket"}
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": options}
    }
    status, kind, caching = refusal(client.get(address(image)))
    assert status in (404, 503)
    assert (kind, caching) == ("image/svg+xml", "no-store")


def test_a_name_is_that_of_the_content(image):
    # Catches another scheme of names, by which an installation's files would all be leftovers.
    digest = hashlib.sha256(default_storage.open(image.file.name).read()).hexdigest()
    assert rendition_name(digest, "small") == f"thumbnails/{digest[:2]}/{digest}-small.webp"
    assert rendition_name(digest, "large") == f"thumbnails/{digest[:2]}/{digest}-large.jpg"


def test_a_picture_that_finds_no_place_for_decoding_is_asked_for_again(client, image, monkeypatch):
    # Catches a server's thread held until others are done, and "not found" for a busy minute.
    monkeypatch.setattr(lanes.ORDINARY, "patience", 0.05)
    with ExitStack() as stack:
        for _place in range(max(2, os.cpu_count() or 1)):
            stack.enter_context(lanes.ORDINARY.place(for_ever=True))
        assert refusal(client.get(address(image))) == (503, "image/svg+xml", "no-store")
    assert is_picture(client.get(address(image)).getvalue())


def test_a_rendition_is_smaller_as_webp():
    # Catches options that make the exchange of formats pointless.
    content = encoded(picture(4, size=(900, 700)), "PNG")
    small = {c.format: len(render(content, SIZES["grid"], c)) for c in CODINGS.values()}
    assert small["WEBP"] < small["JPEG"]
