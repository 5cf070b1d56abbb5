"""No request, however odd, is answered with a status of 500 (`fuzz.py` has the list)."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from evaluation.runs.runner import evaluate
from search.engines import reset_engines
from tests.evaluation.landmarks import FILES, Describer, add_pictures, imported
from tests.pages import replace_fc6, stored_query
from tests.postgres import throwaway_server

from .fuzz import offences, requests_of

MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]


def fill() -> tuple[dict[str, str], str]:
    """Make a row of everything; returns what addresses take, and an administrator's session."""
    from catalog.models import Collection

    reset_engines()
    collection = Collection.objects.create(slug="places")
    image = add_pictures(collection)["door_a"]
    run = evaluate(benchmark=imported(FILES), descriptor=Describer())
    query = stored_query(collection=collection)
    known = {
        "pk": str(run.pk),
        "/images/<int:pk>/pk": str(image.pk),
        **{f"/images/<int:pk>/{end}/pk": str(image.pk) for end in ("original", "similar")},
        "/images/<int:pk>/thumbnail/<str:size>/pk": str(image.pk),
        **{f"/search/<uuid:pk>/{end}pk": str(query.pk) for end in ("", "crop/", "picture/")},
        "size": "grid",
        "kind": "svg",
        "position": "1",
        "name": "results.csv",
    }
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss", password="x"))
    return known, client.cookies["sessionid"].value


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
def test_no_request_is_answered_with_500(settings, monkeypatch, signed_in):
    # Catches whatever of a request reaches a database, a codec or a disk unchecked.
    settings.MIDDLEWARE = MIDDLEWARE
    replace_fc6(monkeypatch, Describer())
    known, session = fill()
    requests = requests_of(known, every=int(os.environ.get("SIS_FUZZ_EVERY", "389")))
    found = offences(requests, session=session if signed_in else "")
    assert not found, "\n".join(found)


@pytest.fixture
def postgres_url():
    with throwaway_server() as url:
        yield url


PROGRAM = """
import django
django.setup()
from tests.sis_project import test_fuzz
test_fuzz.main()
"""


def main() -> None:
    """Fill the database of DATABASE_URL, send the requests, and print what offends."""
    settings.MIDDLEWARE = MIDDLEWARE
    with pytest.MonkeyPatch.context() as monkeypatch:
        replace_fc6(monkeypatch, Describer())
        call_command("migrate", verbosity=0)
        known, session = fill()
        every = int(os.environ.get("SIS_FUZZ_EVERY", "389"))
        for cookie in ("", session):
            sys.stdout.writelines(offences(requests_of(known, every=every), session=cookie))


@pytest.mark.slow
def test_no_request_is_answered_with_500_over_postgresql(postgres_url, tmp_path):
    # Catches what SQLite takes and PostgreSQL does not: NUL, numbers and texts too long.
    environment = {
        **os.environ,
        "DATABASE_URL": postgres_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SIS_VAR_DIR": str(tmp_path),
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert not ran.stdout.strip(), ran.stdout
