"""The triggers record every change of a vector, whoever makes it, on both databases."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections

from catalog import triggers
from catalog.models import Collection, Image, VectorChange
from tests.catalog.vector_writes import NEW, OTHER, OTHER_WRITES, WRITES, Scene
from tests.helpers import add_image

PROJECT = settings.BASE_DIR
IMAGE = {"vector_insert", "vector_update", "vector_delete", "vectors_move"}
VECTOR = {"insert", "update", "delete", "leave", "arrive"}
NAMES = {f"catalog_image_{name}" for name in IMAGE}
OTHER_NAMES = {f"catalog_imagevector_{name}" for name in VECTOR}


def installed() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if connection.vendor == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_sqlite_records_exactly_what_a_write_changes(write):
    # Catches a way of writing that the triggers miss, and changes that are none.
    scene = Scene.prepare()
    expected = write(scene)
    assert scene.changed() == expected


@pytest.mark.django_db
@pytest.mark.parametrize("write", OTHER_WRITES, ids=lambda write: write.__name__)
def test_sqlite_records_changes_of_other_descriptors_apart(write):
    # Catches a change that is missed, or that makes engines of other descriptors read again.
    scene = Scene.prepare()
    expected = write(scene)
    assert scene.changed(OTHER) == expected


def test_a_later_change_of_an_image_replaces_its_earlier_one(collection):
    # Catches a table that grows with every extraction, and a sequence number that is used again.
    image = add_image(collection, "a", vector=NEW)
    pk = image.pk
    first = VectorChange.objects.get(image_id=pk).seq
    image.delete()
    second = VectorChange.objects.get(image_id=pk).seq
    VectorChange.objects.all().delete()
    third_image = add_image(collection, "b", vector=NEW)
    third = VectorChange.objects.get(image_id=third_image.pk).seq
    assert first < second < third


def test_installing_again_changes_nothing(collection):
    # Catches a second set of triggers: each change would then be recorded twice.
    triggers.install()
    triggers.install()
    assert installed() == NAMES | OTHER_NAMES
    image = add_image(collection, "a", vector=NEW)
    change = VectorChange.objects.filter(image_id=image.pk)
    before = change.get().seq
    Image.objects.filter(pk=image.pk).update(fc6=None)
    assert change.get().seq == before + 1


@pytest.mark.django_db(transaction=True)
def test_triggers_come_back_after_a_migration_rebuilt_the_table():
    # SQLite drops a table's triggers with the table, and most of its migrations rebuild it.
    if connection.vendor == "sqlite":
        with connection.schema_editor() as editor:
            editor._remake_table(Image)
    else:
        with connection.cursor() as cursor:
            for name in NAMES:
                cursor.execute(f"DROP TRIGGER {name} ON catalog_image")
    assert installed() == OTHER_NAMES
    call_command("migrate", verbosity=0)
    assert installed() == NAMES | OTHER_NAMES
    collection = Collection.objects.create(slug="places")
    image = add_image(collection, "a", vector=NEW)
    assert VectorChange.objects.filter(image_id=image.pk).exists()


@pytest.mark.django_db
def test_nothing_happens_before_the_tables_are_there(monkeypatch):
    # Catches `migrate catalog zero`, or the first migration of another app, failing.
    monkeypatch.setattr(connection.introspection, "table_names", lambda: ["catalog_image"])
    before = installed()
    triggers.install()
    assert installed() == before


def test_another_database_is_refused_by_name(monkeypatch):
    # Catches a database on which vectors would change without anybody noticing.
    monkeypatch.setattr(connections["default"], "vendor", "mysql")
    with pytest.raises(ImproperlyConfigured, match="mysql database; supported are sqlite and pos"):
        triggers.install()


def on_postgres(url: str, folder: Path, *command: str) -> str:
    environment = os.environ | {
        "DATABASE_URL": url,
        "SIS_VAR_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    done = subprocess.run(
        [sys.executable, *command], env=environment, cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated_postgres(postgres_url, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("postgres")
    for _time in range(2):  # twice: installing the triggers must be repeatable here too
        on_postgres(postgres_url, folder, "manage.py", "migrate", "--verbosity=0")
    return postgres_url


@pytest.fixture(scope="module")
def observed(migrated_postgres, tmp_path_factory) -> dict:
    script = (
        "import django, json; django.setup(); "
        "from tests.catalog.vector_writes import observe; "
        "import sys; sys.stdout.write(json.dumps(observe()))"
    )
    folder = tmp_path_factory.mktemp("postgres-writes")
    return json.loads(on_postgres(migrated_postgres, folder, "-c", script))


@pytest.mark.parametrize("name", [write.__name__ for write in [*WRITES, *OTHER_WRITES]])
def test_postgresql_records_exactly_what_a_write_changes(observed, name):
    assert observed[name]["recorded"] == observed[name]["expected"]


def test_postgresql_has_each_trigger_once(migrated_postgres):
    with psycopg.connect(migrated_postgres) as reader:
        rows = reader.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN "
            "('catalog_image'::regclass, 'catalog_imagevector'::regclass)"
        )
        assert sorted(name for (name,) in rows) == sorted(NAMES | OTHER_NAMES)


INSERT = (
    "INSERT INTO catalog_image (collection_id, name, source_name, file, external, format, width, "
    "height, byte_size, sha256, imported_at, fc6_model_id, fc6_error, fc6) VALUES "
    "(%(home)s, %(name)s, %(name)s, '', false, 'PNG', 1, 1, 1, %(name)s, now(), 'm', '', '\\x00') "
    "RETURNING id"
)
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = %(pid)s"
)


def test_concurrent_writers_become_visible_in_the_order_of_their_numbers(migrated_postgres):
    """Catches a reader that sees change 2, remembers it, and never looks for change 1.

    The first writer has its number and has not committed; the second one must wait for it.
    """
    with (
        psycopg.connect(migrated_postgres) as first,
        psycopg.connect(migrated_postgres) as second,
        psycopg.connect(migrated_postgres, autocommit=True) as reader,
    ):
        [home] = reader.execute(
            "INSERT INTO catalog_collection (slug, title, created_at) "
            "VALUES ('writers', '', now()) RETURNING id"
        ).fetchone()
        [early] = first.execute(INSERT, {"home": home, "name": "early"}).fetchone()
        late = []

        def write_late():
            late.extend(second.execute(INSERT, {"home": home, "name": "late"}).fetchone())
            second.commit()

        # Looked up now: the connection itself is busy while its statement waits.
        late_process = {"pid": second.info.backend_pid}
        writer = threading.Thread(target=write_late)
        writer.start()
        while writer.is_alive() and reader.execute(WAITING, late_process).fetchone() == (0,):
            writer.join(0.01)
        overtook = bool(late)
        first.commit()
        writer.join()
        order = reader.execute(
            "SELECT image_id FROM catalog_vectorchange WHERE image_id = ANY(%(ids)s) ORDER BY seq",
            {"ids": [early, *late]},
        ).fetchall()
    assert not overtook
    assert order == [(early,), (late[0],)]
