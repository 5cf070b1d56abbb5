"""Pages while another process holds the database's write lock, or nothing can be written at all.

The lock and the disk are real: a second process holds the one, a mounted disk is the other.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.disks import mounted
from tests.postgres import throwaway_server

pytestmark = pytest.mark.slow

FILL = """
import json, sys, uuid
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.management import call_command
from catalog.descriptors import get_descriptor
from catalog.models import Collection
from catalog.vectors import encode
from search.models import Query, QueryVector
from tests.helpers import MODEL_ID, add_image, small_jpeg, unit_vectors
call_command("migrate", verbosity=0)
places = Collection.objects.create(slug="places")
vectors = unit_vectors(6)
for number, vector in enumerate(vectors):
    add_image(places, f"i{number}", vector=vector)
call_command("extract_features", "--descriptor", "colour-layout", verbosity=0)
query = Query(pk=uuid.UUID(int=7), width=64, height=48)
query.picture.save("q.jpg", ContentFile(small_jpeg(1)), save=False)
query.save()
QueryVector.objects.create(
    query=query, descriptor="fc6", model_id=MODEL_ID, data=encode(vectors[2], 4096)
)
"""

# Holds the write lock from when it says so until its input ends.
HOLD = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "LOCK TABLE search_vectorfile, search_queryvector IN SHARE MODE",
}
HOLDER = """
import sys
import django
django.setup()
from django.db import connection, transaction
with connection.cursor() as cursor:
    if connection.vendor == "postgresql":
        cursor.execute("BEGIN")
    cursor.execute(sys.argv[1])
    print("held", flush=True)
    sys.stdin.read()
"""

LOOK = """
import json, sys, time
import django
django.setup()
from django.test import Client
from catalog.models import Image
from search.engines import get_engine
from search.models import QueryVector, VectorFile
image = Image.objects.order_by("pk").first()
result = "/search/00000000-0000-0000-0000-000000000007/"
pages = [
    "/", result, result + "?descriptor=colour-layout", f"/images/{image.pk}/similar/",
    "/images/", f"/images/{image.pk}/", f"/images/{image.pk}/original/",
    f"/images/{image.pk}/thumbnail/grid/?v={image.sha256[:12]}",
]
client, found = Client(SERVER_NAME="localhost"), {}
for page in pages:
    start = time.monotonic()
    response = client.get(page)
    body = response.getvalue()
    found[page.replace(result, "/result/").replace(str(image.pk), "N").partition("?v=")[0]] = [
        response.status_code, round(time.monotonic() - start, 2), len(body) > 100
    ]
during = VectorFile.objects.count(), QueryVector.objects.count()
print(json.dumps([found, during]), flush=True)
sys.stdin.readline()  # the lock is gone
get_engine().sync()
get_engine().finish()
print(json.dumps([VectorFile.objects.count()]), flush=True)
"""


class Installation:
    """A filled system of its own; every program runs in a process of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "SIS_VAR_DIR": str(folder),
            **environment,
        }
        with self.start(FILL) as filling:
            _out, error = filling.communicate()
        assert filling.returncode == 0, error

    def start(self, program: str, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def check(pages: dict[str, list]) -> None:
    assert len(pages) == 8
    assert {page: status for page, (status, *_rest) in pages.items() if status != 200} == {}
    assert all(filled for _status, _seconds, filled in pages.values())
    # The first page loads templates and the engine; a page that waits takes 60 s, not 5.
    slow = {page: seconds for page, (_status, seconds, _filled) in pages.items() if seconds > 5}
    assert slow == {}


def look_beside_a_lock(installation: Installation, statement: str, engine: str) -> None:
    installation.environment["SIS_ENGINE"] = engine
    with installation.start(HOLDER, statement) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        try:
            assert holder.stdout.readline() == "held\n"
            with installation.start(LOOK) as looking:
                assert looking.stdout is not None
                assert looking.stdin is not None
                line = looking.stdout.readline()
                holder.stdin.close()
                holder.wait(timeout=60)
                rest, error = looking.communicate("go\n", timeout=120)
                assert looking.returncode == 0, error
        finally:
            holder.kill()
    pages, during = json.loads(line)
    check(pages)
    assert during == [0, 1]  # no mark, and no vector but that of the upload
    assert json.loads(rest) == [1]  # the mark is made up for, without a change of any vector


@pytest.mark.parametrize("engine", ["exact", "certified"])
def test_no_page_waits_for_sqlites_write_lock(tmp_path, engine, faiss):
    # Catches a search that stands still for 60 s, and a file that is then never written.
    look_beside_a_lock(Installation(tmp_path), HOLD["sqlite"], engine)


def test_no_page_waits_for_a_lock_of_postgresql(tmp_path):
    # Catches a search that stands still until a migration or a repair of the table has ended.
    with throwaway_server() as url:
        installation = Installation(tmp_path, DATABASE_URL=url)
        look_beside_a_lock(installation, HOLD["postgresql"], "exact")


def test_pages_on_a_disk_that_nothing_can_be_written_to(tmp_path):
    # Catches a page that fails because something is to be kept that is only good to have.
    with mounted(tmp_path / "disk", megabytes=20) as disk:
        installation = Installation(disk.path)
        # As a killed server leaves it: without its log, SQLite cannot open a read-only file.
        keep = (
            "import django, os; django.setup(); from catalog.models import Image; "
            "list(Image.objects.all()); os._exit(9)"
        )
        with installation.start(keep) as killed:
            killed.communicate()
        disk.freeze()
        with installation.start(LOOK) as looking:
            out, error = looking.communicate("go\n", timeout=120)
        assert looking.returncode == 0, error
    pages, during = json.loads(out.splitlines()[0])
    check(pages)
    assert during == [0, 1]
