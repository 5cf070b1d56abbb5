"""A database of the release before, with data and its own triggers, comes through `migrate`."""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from django.conf import settings

from tests.postgres import throwaway_server

pytestmark = pytest.mark.slow

# Where the last release's migrations ended.
BEFORE = [("catalog", "0002"), ("search", "0001"), ("evaluation", "0002")]

# The triggers as 0.1.0 installed them: they write to a table that the upgrade rebuilds.
OLD_RECORD = (
    "DELETE FROM catalog_vectorchange WHERE image_id = {row}.id; "
    "INSERT INTO catalog_vectorchange (image_id) VALUES ({row}.id);"
)
OLD_TRIGGERS = {
    "insert": ("AFTER INSERT", "NEW.fc6 IS NOT NULL", "NEW"),
    "update": ("AFTER UPDATE OF fc6, fc6_model_id, collection_id", "{changed}", "NEW"),
    "delete": ("AFTER DELETE", "OLD.fc6 IS NOT NULL", "OLD"),
}

# Names as a Mac spells them, which another program may have written: image -> (name, file). Three
# that are the same letters, and one alone.
NAMES = {
    4: ("e\u0301", "e\u0301.jpg"),
    5: ("é", "é.png"),
    6: ("e\u0301.jpg", "e\u0301.jpg.jpg"),
    7: (unicodedata.normalize("NFD", "chùa/Đức"), "x.jpg"),
}
NAMES_AFTER = {"2": "b", "4": "é.jpg", "5": "é", "6": "é.jpg.jpg", "7": "chùa/Đức"}

FILL = """
import django; django.setup()
from django.db import connection
import tests.test_upgrade as upgrade
with connection.cursor() as cursor:
    upgrade.install_old_triggers(cursor, connection.vendor)
    upgrade.fill(cursor)
"""

LOOK = """
import json, sys
import django; django.setup()
from django.db import connection
from search.recipes import get_recipe
from catalog.models import Image, VectorChange
from evaluation.models import EvaluationRun
from search.engines import get_engine
from search.models import Query
from search.queries import descriptions_of
engine = get_engine(); engine.sync()
query = Query.objects.get()
recipe = get_recipe(query.recipe)
vector = descriptions_of(query=query, descriptors=recipe.descriptors)["fc6"]
ids, distances = engine.search(vector[None], 3)
Image.objects.filter(name="b").update(fc6=None, fc6_model_id="")
engine.sync()
json.dump({
    "ids": ids[0].tolist(), "first": float(distances[0, 0]), "rest": engine.count(),
    "names": dict(Image.objects.filter(fc6__isnull=True).values_list("pk", "name")),
    "found": sorted(Image.objects.all().name_contains("ĐỨC").values_list("pk", flat=True)),
    "last": connection.introspection.get_table_description(
        connection.cursor(), "catalog_image")[-1].name,
    "twins": Image.objects.filter(pk__in=[4, 5]).update(sha256="same"),
    "marks": VectorChange.objects.filter(image_id__lt=0).count(),
    "thumbnail tables": [t for t in connection.introspection.table_names() if "thumb" in t],
    "descriptor": query.recipe, "run": EvaluationRun.objects.get().mean_ap,
    "recipe": EvaluationRun.objects.get().recipe,
}, sys.stdout)
"""


def install_old_triggers(cursor, vendor: str) -> None:
    watched = ("fc6", "fc6_model_id", "collection_id")
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in watched)
    if vendor == "postgresql":
        cursor.execute(
            "CREATE FUNCTION catalog_record_vector_change() RETURNS trigger AS $body$ "
            "DECLARE changed catalog_image; BEGIN "
            "IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF; "
            f"{OLD_RECORD.format(row='changed')} RETURN NULL; END $body$ LANGUAGE plpgsql"
        )
    for event, (when, condition, row) in OLD_TRIGGERS.items():
        body = (
            f"BEGIN {OLD_RECORD.format(row=row)} END"
            if vendor == "sqlite"
            else "EXECUTE FUNCTION catalog_record_vector_change()"
        )
        cursor.execute(
            f"CREATE TRIGGER catalog_image_vector_{event} {when} ON catalog_image FOR EACH ROW "
            f"WHEN ({condition.format(changed=changed)}) {body}"
        )


def fill(cursor) -> None:
    """Write what 0.1.0 kept: images with vectors, a mark of a cache file, a query, a run."""
    from catalog.vectors import encode
    from tests.helpers import MODEL_ID, unit_vectors

    now = "2026-11-01 00:00:00+00:00"
    cursor.execute(
        "INSERT INTO catalog_collection (id, slug, title, created_at) VALUES (1, 'old', '', %s)",
        [now],
    )
    vectors = unit_vectors(3)
    for number, (name, vector) in enumerate(zip("abc", vectors, strict=True), start=1):
        cursor.execute(
            "INSERT INTO catalog_image (id, collection_id, name, source_name, file, external, "
            "format, width, height, byte_size, sha256, imported_at, fc6_model_id, fc6_error, fc6) "
            "VALUES (%s, 1, %s, %s, '', %s, 'PNG', 9, 9, 9, %s, %s, %s, '', %s)",
            [number, name, name, False, name, now, MODEL_ID, encode(vector, 4096)],
        )
    for number, (name, source) in NAMES.items():
        cursor.execute(
            "INSERT INTO catalog_image (id, collection_id, name, source_name, file, external, "
            "format, width, height, byte_size, sha256, imported_at, fc6_model_id, fc6_error) "
            "VALUES (%s, 1, %s, %s, '', %s, 'PNG', 9, 9, 9, %s, %s, '', '')",
            [number, name, source, False, f"named {number}", now],
        )
    cursor.execute("INSERT INTO catalog_vectorchange (image_id) VALUES (-77)")
    # What easy-thumbnails kept, with a key from one to the other.
    cursor.execute("CREATE TABLE easy_thumbnails_source (id integer PRIMARY KEY)")
    cursor.execute(
        "CREATE TABLE easy_thumbnails_thumbnail "
        "(id integer PRIMARY KEY, source_id integer REFERENCES easy_thumbnails_source (id))"
    )
    cursor.execute("INSERT INTO easy_thumbnails_source VALUES (1)")
    cursor.execute("INSERT INTO easy_thumbnails_thumbnail VALUES (1, 1)")
    cursor.execute(
        "INSERT INTO search_query (id, picture, width, height, created_at, fc6_model_id, fc6) "
        "VALUES (%s, 'q.jpg', 9, 9, %s, %s, %s)",
        ["0" * 31 + "7", now, MODEL_ID, encode(vectors[1], 4096)],
    )
    cursor.execute(
        "INSERT INTO evaluation_benchmark (id, name, collection_id, labels, judgements_hash, "
        "imported_at) VALUES (1, 'old', 1, '[]', '', %s)",
        [now],
    )
    cursor.execute(
        "INSERT INTO evaluation_evaluationrun (benchmark_id, source, system, protocol, labels, "
        "judgements_hash, collection_slug, names_hash, collection_hash, descriptor, model_id, "
        "engine, engine_options, exclude_self, code_version, status, progress_done, "
        "progress_total, error, created_at, mean_ap, topics_total, topics_counted, "
        "topics_without_positives, judged_total, judged_missing, unknown_topics, curve, "
        "names_data) VALUES (1, 'search', '', 'standard', '[]', '', 'old', '', '', 'fc6', %s, "
        "'default', '{}', %s, '0.1.0', 'done', 0, 0, '', %s, 0.5, 0, 0, 0, 0, 0, '[]', '[]', %s)",
        [MODEL_ID, False, now, b""],
    )


def upgraded(folder: Path, **environment: str) -> dict:
    """Make a database of the last release, fill it, migrate it, and say what is in it."""
    environment = os.environ | {
        "SIS_VAR_DIR": str(folder),
        "SIS_WEIGHTS": "untrained",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        **environment,
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    for app, name in BEFORE:
        run("manage.py", "migrate", app, name, "--verbosity=0")
    run("-c", FILL)
    run("manage.py", "migrate", "--verbosity=0")
    return json.loads(run("-c", LOOK))


EXPECTED = {
    "first": 0,
    "rest": 2,
    "marks": 0,
    "thumbnail tables": [],
    "descriptor": "fc6",
    "run": 0.5,
    "recipe": "fc6",
    "names": NAMES_AFTER,
    "found": [7],
    "twins": 2,
}


def check(found: dict, vendor: str) -> None:
    ids, last = found.pop("ids"), found.pop("last")
    if vendor == "sqlite":
        assert last == "fc6"  # behind it, every column costs a walk over 16 KB
    assert (ids[0], sorted(ids)) == (2, [1, 2, 3])  # the query has the vector of b
    assert found == EXPECTED


def test_sqlite_comes_through(tmp_path):
    """Catches a table that cannot be rebuilt under its triggers, and data left behind."""
    check(upgraded(tmp_path), "sqlite")


def test_postgresql_comes_through(tmp_path):
    with throwaway_server() as url:
        check(upgraded(tmp_path, DATABASE_URL=url), "postgresql")
