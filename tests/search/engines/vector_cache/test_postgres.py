"""The cache over PostgreSQL: its rows, its statements and its types are not those of SQLite."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.postgres import throwaway_server

pytestmark = pytest.mark.slow

PROGRAM = """
import json
import django
django.setup()
from django.core.management import call_command
from catalog.descriptors import get_descriptor
from catalog.models import Collection, Image
from search.engines.exact import ExactEngine
from search.models import VectorFile
from tests.helpers import MODEL_ID, unit_vectors

call_command("migrate", verbosity=0)
collection = Collection.objects.create(slug="places")
vectors = unit_vectors(4)

def add(number):
    return Image.objects.create(
        collection=collection, name=f"i{number}", source_name=f"i{number}", file=f"i{number}",
        format="JPEG", width=1, height=1, byte_size=1, sha256=str(number),
        fc6=vectors[number], fc6_model_id=MODEL_ID,
    ).pk

def started():
    engine = ExactEngine(descriptor=get_descriptor())
    engine.sync()
    engine.finish()
    return engine

ids = [add(0), add(1), add(2)]
first, second = started(), started()
ids.append(add(3))
second.sync()
before = VectorFile.objects.count()
VectorFile.objects.all().delete()
print(json.dumps({
    "ids": ids,
    "first from file": first._snapshot.base.mark is not None,
    "second from file": second._snapshot.base.mark is not None,
    "marks": before,
    "found": second.search(vectors, 1)[0][:, 0].tolist(),
    "without mark": started()._snapshot.base.mark,
}))
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("postgres-cache")
    with throwaway_server() as url:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": url,
            "SIS_VAR_DIR": str(folder),
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_second_start_takes_the_file_and_follows_from_it(outcome):
    assert (outcome["first from file"], outcome["second from file"]) == (False, True)
    assert outcome["marks"] == 1
    assert outcome["found"] == outcome["ids"]


def test_a_file_whose_mark_is_gone_is_not_taken(outcome):
    assert outcome["without mark"] is None
