"""Stored queries: row and file together or not at all, one file for a picture and its parts, and
the oldest gone where space runs out."""

import errno
import os
import signal
import subprocess
import sys
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from catalog.pixels import PictureError
from search import keeping
from search.keeping import delete_query, make_room, measure_pictures
from search.models import ROW_BYTES, Query
from search.queries import create_query, crop_query
from tests.helpers import encoded, picture
from tests.pages import files_below, stored_query, use_stand_in
from tests.postgres import throwaway_server

BOX = (10.0, 10.0, 90.0, 80.0)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


def in_order(*queries: Query) -> None:
    """Let the queries be a minute apart, the first one the oldest."""
    for number, query in enumerate(queries):
        then = timezone.now() - timedelta(minutes=len(queries) - number)
        Query.objects.filter(pk=query.pk).update(created_at=then)


@pytest.mark.django_db(transaction=True)
def test_parts_share_the_file_which_goes_with_the_last_of_them(media):
    # Catches a crop of 110 bytes that stores a copy of 2 MB, and a file deleted under a part.
    whole = stored_query()
    part = crop_query(query=whole, box=BOX)
    part_of_part = crop_query(query=part, box=(20.0, 20.0, 60.0, 60.0))
    assert len(files_below(media)) == 1
    for query in (whole, part):
        assert delete_query(query.pk)
        with part_of_part.picture.open("rb") as file:
            assert file.read(2) == b"\xff\xd8"
    assert delete_query(part_of_part.pk)
    assert not delete_query(part_of_part.pk)
    assert not files_below(media)


def fail_at_commit(monkeypatch):
    def commit() -> None:
        connection.connection.rollback()
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(connection, "_commit", commit)


def fail_at_insert(monkeypatch):
    def insert(*_arguments: object) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(keeping, "insert", insert)


def fail_while_writing(monkeypatch):
    def save(self, name, content) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8 the half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", save)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fail", [fail_at_commit, fail_at_insert, fail_while_writing])
def test_what_fails_leaves_neither_row_nor_file(media, monkeypatch, fail):
    # Catches a file whose row was never committed, and the half of one on a full disk.
    with monkeypatch.context() as patched:
        fail(patched)
        with pytest.raises((DatabaseError, OSError)):
            create_query(file=BytesIO(encoded(picture(1, size=(200, 100)), "PNG")))
    assert not Query.objects.exists()
    assert not files_below(media)


@pytest.mark.django_db(transaction=True)
def test_a_failure_that_cannot_be_cleaned_up_is_still_told(media, monkeypatch, caplog):
    # Catches a storage's refusal to delete that hides why nothing was stored.
    fail_at_insert(monkeypatch)

    def refuse(self, name) -> None:
        raise RuntimeError("the bucket does not answer")

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    with pytest.raises(DatabaseError, match="locked"):
        stored_query()
    assert "cannot be deleted" in caplog.text


KILLED = """
import django, os, signal; django.setup()
from search import keeping
from search.models import Query
from catalog.descriptors import get_descriptor
from tests.helpers import unit_vectors
if {step!r} == "store":
    keeping.insert = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
    keeping.store_query(Query(width=9, height=9), content=b"x" * 9,
                        described=dict([(get_descriptor(), unit_vectors(1)[0])]))
else:
    query = keeping.store_query(Query(width=9, height=9), content=b"x" * 9,
                                described=dict([(get_descriptor(), unit_vectors(1)[0])]))
    keeping.discard = lambda name: os.kill(os.getpid(), signal.SIGKILL)
    keeping.delete_query(query.pk)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["store", "delete"])
def test_a_kill_leaves_at_most_a_file_without_row(tmp_path, step):
    # Catches a row without its file, whose page would be broken until it expires.
    environment = os.environ | {
        "SIS_VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }

    def run(*command: str, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, *command], cwd=project.BASE_DIR, env=environment, **options
        )

    run("manage.py", "migrate", "-v0", check=True)
    assert run("-c", KILLED.format(step=step)).returncode == -signal.SIGKILL
    count = "from search.models import Query; print(Query.objects.count())"
    left = run("manage.py", "shell", "-v0", "-c", count, capture_output=True, text=True, check=True)
    assert left.stdout.strip() == "0"
    assert len(files_below(tmp_path / "media" / "queries")) == 1


@pytest.mark.django_db(transaction=True)
def test_the_oldest_go_where_the_quota_is_full(media, settings):
    # Catches an upload that fills the disk, and a new query that is deleted for an old one.
    first, second = stored_query(seed=1), stored_query(seed=2)
    in_order(first, second)
    settings.SIS_QUERY_QUOTA_BYTES = Query.objects.used_bytes() + ROW_BYTES
    third = stored_query(seed=3)
    assert set(Query.objects.values_list("pk", flat=True)) == {second.pk, third.pk}
    assert len(files_below(media)) == 2
    settings.SIS_QUERY_QUOTA_BYTES = 1
    fourth = stored_query(seed=4)
    assert Query.objects.get().pk == fourth.pk
    settings.SIS_QUERY_QUOTA_BYTES = 0
    stored_query(seed=5)
    assert make_room() == 0
    assert Query.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_room_counts_a_shared_file_once_and_every_row(media, settings):
    # Catches parts that cost nothing (each has a vector), or a whole file each.
    whole = stored_query()
    assert whole.byte_size == whole.picture.size
    parts = [crop_query(query=whole, box=BOX) for _number in range(3)]
    assert Query.objects.used_bytes() == whole.byte_size + 4 * ROW_BYTES
    in_order(whole, *parts)
    settings.SIS_QUERY_QUOTA_BYTES = whole.byte_size + ROW_BYTES
    out = StringIO()
    call_command("purge_queries", stdout=out)
    assert "3 more queries deleted: the quota was full." in out.getvalue()
    assert Query.objects.get().pk == parts[-1].pk
    assert len(files_below(media)) == 1


@pytest.mark.django_db(transaction=True)
def test_files_of_the_former_release_are_measured(media):
    # Catches pictures that count as nothing for ever.
    query = stored_query()
    Query.objects.update(byte_size=0)
    lost = stored_query(seed=2)
    Query.objects.filter(pk=lost.pk).update(byte_size=0)
    lost.picture.storage.delete(lost.picture.name)
    measure_pictures()
    sizes = dict(Query.objects.values_list("pk", "byte_size"))
    assert sizes == {query.pk: query.picture.size, lost.pk: 0}


@pytest.mark.django_db
def test_a_part_of_a_deleted_query_is_refused(media, stand_in):
    # Catches a row that names a file which a purge is about to delete.
    query = stored_query()
    stand_in.on_describe = lambda number: Query.objects.all().delete()
    with pytest.raises(PictureError, match="gone"):
        crop_query(query=query, box=BOX)
    assert not Query.objects.exists()


def test_the_page_says_that_space_may_run_out(client, db, settings):
    # Catches a promise that the quota breaks.
    address = stored_query().get_absolute_url()
    assert "the oldest ones go earlier" in client.get(address).content.decode()
    settings.SIS_QUERY_QUOTA_BYTES = 0
    assert "the oldest ones go earlier" not in client.get(address).content.decode()


RACES = """
import django; django.setup()
import sys, threading
from django.db import connection
from catalog.descriptors import get_descriptor
from catalog.pixels import PictureError
from search.keeping import delete_query, store_part, store_query
from search.models import Query
from tests.helpers import unit_vectors
vector, descriptor = unit_vectors(1)[0], get_descriptor()
new = lambda: Query(width=9, height=9)
for _round in range(40):
    whole = store_query(new(), content=b"x", described={descriptor: vector})
    part = store_part(new(), of=whole, described={descriptor: vector})
    ready = threading.Barrier(3)
    def act(action):
        ready.wait()
        try:
            action()
        except PictureError:
            pass
        finally:
            connection.close()
    actions = [lambda: delete_query(whole.pk), lambda: delete_query(part.pk),
               lambda: store_part(new(), of=whole, described={descriptor: vector})]
    threads = [threading.Thread(target=act, args=[action]) for action in actions]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    left = list(Query.objects.all())
    assert len(left) <= 1, left
    assert whole.picture.storage.exists(whole.picture.name) == bool(left), left
    [delete_query(query.pk) for query in left]
    assert not whole.picture.storage.exists(whole.picture.name)
"""


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_deletions_and_crops_at_once_lose_no_file_and_leave_none(tmp_path, database):
    # Catches two deletions that each leave the file to the other, and a crop of a file that goes.
    def race(**more: str) -> None:
        environment = os.environ | {
            "SIS_VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            **more,
        }
        for command in (["manage.py", "migrate", "-v0"], ["-c", RACES]):
            done = subprocess.run(
                [sys.executable, *command],
                cwd=project.BASE_DIR,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            assert not done.stderr

    if database == "sqlite":
        return race()
    with throwaway_server() as url:
        return race(DATABASE_URL=url)
