"""The files of searches in `manage.py check_files`, and what full disks and kills leave of them."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone

from search.engines.cache import CODES, VECTORS, file_name, folder_name, root
from search.engines.certified import CertifiedEngine
from search.engines.exact import ExactEngine
from search.models import Query, VectorFile
from search.own_files import UPLOAD
from tests.checking import check_files, findings, old_file
from tests.helpers import MODEL_ID, add_image, encoded, picture
from tests.search.engines.vector_cache.starting import VECTORS as MADE
from tests.search.engines.vector_cache.starting import first_of, started

NOW = ("--min-age", "0")


@pytest.fixture
def uploads(tmp_path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return settings.FILE_UPLOAD_TEMP_DIR


@pytest.fixture
def images(transactional_db, collection, uploads):
    return [add_image(collection, f"i{n}", vector=v) for n, v in enumerate(MADE)]


def stored_query() -> Query:
    query = Query(width=64, height=48)
    query.picture.save("q.jpg", ContentFile(encoded(picture(1))), save=False)
    query.save()
    return query


def name_of(row: VectorFile, suffix: str = VECTORS) -> str:
    folder = folder_name(row.descriptor, row.model_id)
    return f"{folder}/{file_name(row.revision, row.mark, suffix)}"


def mark(number: int) -> VectorFile:
    row = VectorFile.objects.create(descriptor="fc6", model_id=MODEL_ID, revision=1, mark=number)
    VectorFile.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(hours=2))
    return row


def test_pictures_of_queries_and_their_rows(db, uploads):
    # Catches an upload without a row kept for ever, and a result page that shows nothing.
    kept, lost = stored_query(), stored_query()
    part = Query.objects.create(width=64, height=48, picture=kept.picture.name, x1=1, y1=1, x2=9)
    left = default_storage.save("queries/11111111.jpg", ContentFile(b"left"))
    default_storage.delete(lost.picture.name)
    status, out, err = check_files("--delete", *NOW)
    assert status == 1
    assert findings(out) == [
        f"{left}: deleted (4\xa0bytes).",
        f"stored query {lost.pk}: its file {lost.picture.name} is gone.",
    ]
    assert "--delete-rows" in err
    assert check_files("--delete-rows")[0] == 0
    assert set(Query.objects.all()) == {kept, part}
    assert default_storage.exists(kept.picture.name)


@pytest.mark.parametrize("engine_class", [ExactEngine, CertifiedEngine])
def test_a_cache_in_use_is_left_alone(images, engine_class, faiss):
    # Catches files that all processes share thrown away.
    engine = started(engine_class)
    before = sorted(root().rglob("*.*"))
    status, out, _err = check_files("--delete", "--delete-rows", *NOW)
    assert (status, findings(out)) == (0, [])
    assert sorted(root().rglob("*.*")) == before
    assert VectorFile.objects.count() == 1
    assert first_of(engine, MADE[3]) == (images[3].pk, 0)


def test_caches_without_rows_and_rows_without_caches(db, uploads):
    # Catches gigabytes of another database's vectors, and marks that vouch for nothing.
    row, young = mark(5), mark(6)
    VectorFile.objects.filter(pk=young.pk).update(created_at=timezone.now())
    there = mark(7)
    kept = [old_file(root() / name_of(there, suffix)) for suffix in (VECTORS, CODES)]
    left = [
        old_file(root() / f"fc6-0123456789ab/{name}")
        for name in ("1-7.vectors", "9-ff.vectors.0a1b2c3d.partial", f"1-{'f' * 20}.codes", "note")
    ]
    fresh = old_file(root() / "fc6-0123456789ab/2-8.vectors.0a1b2c3d.partial")
    os.utime(fresh)
    status, out, err = check_files("--delete")
    assert status == 1
    assert {line.partition(":")[0] for line in findings(out)} == {
        *(str(path.relative_to(root())) for path in left),
        f"vectors of “fc6” ({MODEL_ID})",
    }
    assert name_of(row) in out
    assert "made anew" in err
    assert [path.exists() for path in (*kept, fresh, *left)] == [True] * 3 + [False] * 4
    assert check_files("--delete-rows")[0] == 0
    assert set(VectorFile.objects.values_list("mark", flat=True)) == {6, 7}


KILLED = """
import os, signal
from io import BytesIO
import django
django.setup()
from django.http.multipartparser import MultiPartParser
from catalog.uploads import BoundedUploadHandler
class Body(BytesIO):
    def read(self, *size):
        data = super().read(*size)
        if not data:
            os.kill(os.getpid(), signal.SIGKILL)
        return data
head = b'--x\\r\\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\\r\\n\\r\\n'
meta = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": "900000"}
MultiPartParser(meta, Body(head + bytes(500000)), [BoundedUploadHandler()]).parse()
"""


@pytest.mark.slow
def test_an_upload_of_a_killed_server_is_found_and_nothing_else(db, uploads):
    # Catches temporary files that stay until the machine starts anew, and other programs' files.
    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        cwd=project.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TMPDIR": str(uploads)},
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (left,) = uploads.iterdir()
    for name in ("tmpabcd1234.txt", "upload", "mine.upload.jpg"):
        old_file(uploads / name)
    (uploads / "tmpabcd1234.upload.d").mkdir()
    assert findings(check_files()[1]) == []  # it may still come in
    status, out, _err = check_files("--delete", *NOW)
    assert status == 0
    (line,) = findings(out)
    assert line.startswith(f"{left.name}: deleted (")
    assert len(list(uploads.iterdir())) == 4


@pytest.mark.parametrize("engine_class", [ExactEngine, CertifiedEngine])
def test_a_full_disk_keeps_no_part_of_a_cache(
    images, small_disk, settings, engine_class, faiss, caplog
):
    # Catches half a file that fills what room there was, and a search that fails for it.
    settings.SIS_VAR_DIR = small_disk.path
    small_disk.fill(but=80_000)
    engine = started(engine_class)
    assert first_of(engine, MADE[3]) == (images[3].pk, 0)
    assert small_disk.rest() == []
    assert "No space left" in caplog.text
    small_disk.empty()
    assert first_of(started(engine_class), MADE[3]) == (images[3].pk, 0)
    assert any(name.endswith(VECTORS) for name in small_disk.rest())


WRITER = """
import os, signal
import django
django.setup()
from django.core.management import call_command
from catalog.descriptors import get_descriptor
from catalog.models import Collection
from search.engines.exact import ExactEngine
from search.index.array_file import ArrayFileWriter
from tests.helpers import add_image, unit_vectors
call_command("migrate", verbosity=0)
places, _new = Collection.objects.get_or_create(slug="places")
if _new:
    for number, vector in enumerate(unit_vectors(4)):
        add_image(places, f"i{number}", vector=vector)
if os.environ["MOMENT"] == "killed":
    ArrayFileWriter.publish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
engine = ExactEngine(descriptor=get_descriptor())
engine.sync()
engine.finish()
"""


@pytest.mark.slow
def test_what_a_killed_writer_of_a_cache_leaves_is_found(tmp_path):
    # Catches half a file of gigabytes that nothing lists, and one that stops the next writer.
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SIS_VAR_DIR": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    environment.pop("DATABASE_URL", None)

    def run(*command: str, moment: str = "") -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, *command],
            cwd=project.BASE_DIR,
            env=environment | {"MOMENT": moment},
            capture_output=True,
            text=True,
        )

    def files() -> list[str]:
        return sorted(path.name for path in (tmp_path / "cache" / "vectors").glob("*/*"))

    killed = run("-c", WRITER, moment="killed")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (left,) = files()
    assert left.endswith(".partial")
    done = run("-c", WRITER)
    assert done.returncode == 0, done.stderr
    assert len(files()) == 2
    listed = run("manage.py", "check_files", "--delete", "--delete-rows", *NOW)
    assert listed.returncode == 0, listed.stderr
    assert left in listed.stdout
    assert [name.endswith(VECTORS) for name in files()] == [True]


@pytest.mark.parametrize("name", ["a.jpg", f"{'x' * 50}.JPEG", "noextension", "upload", "a.b.c"])
def test_temporary_files_of_uploads_are_known_by_their_names(name):
    # Catches another scheme of names in Django, by which nothing would be found.
    with TemporaryUploadedFile(name, "image/jpeg", 0, None) as file:
        assert UPLOAD.fullmatch(Path(file.temporary_file_path()).name)
