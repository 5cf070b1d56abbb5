"""What is refused before any page sees it, and pages beside disks and databases in trouble."""

import json
import os
import sqlite3
import subprocess
import sys
from io import BytesIO

import pytest
from django.conf import settings as project
from django.db import DataError, OperationalError, ProgrammingError, connection
from django.urls import reverse

from catalog.models import Collection
from search.models import Query
from sis_project.handlers import LenientWSGIHandler
from tests.disks import mounted
from tests.helpers import encoded, picture
from tests.pages import describe_all, fill, html, upload, use_stand_in
from tests.pages import text as text_of
from tests.sis_project.fuzz import answer, environ

PHOTO = encoded(picture(7, size=(300, 200)))


@pytest.fixture
def searchable(collection, monkeypatch):
    use_stand_in(monkeypatch)
    images = fill(collection, 3)
    describe_all()
    return images


def with_code(code: int, words: str = "English of a driver") -> OperationalError:
    """An error as Django raises it for one of SQLite's."""
    cause = sqlite3.OperationalError(words)
    cause.sqlite_errorcode = code
    error = OperationalError(words)
    error.__cause__ = cause
    return error


# --- Refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("letters", [300, 5000])
def test_an_upload_may_have_any_extension(client, searchable, letters):
    # Catches a temporary file that is named by the sender: "File name too long".
    response = client.post("/", upload(PHOTO, f"a.{'x' * letters}"))
    assert response.status_code == 302


@pytest.mark.parametrize("text", ["x" * 60_000, "%" * 60_000, "a " * 20_000])
def test_a_filter_may_be_of_any_length(client, admin_client, searchable, text):
    # Catches SQLite's "pattern too complex" and "expression tree is too large".
    assert client.get("/images/", {"name": text}).status_code == 200
    for name in ("image", "collection"):
        address = reverse(f"admin:catalog_{name}_changelist")
        response = admin_client.get(address, {"q": text})
        assert response.status_code in (200, 400)
        assert response.status_code == 200 or "could not be understood" in text_of(response)


@pytest.mark.parametrize("charset", ["hex", "utf-7", "latin-1", "idna", "nothing", "a\0b", "é"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_forms_come_in_utf_8(searchable, kind, charset):
    # Catches codecs that make of text something else, and half letters no database takes.
    header = f"{kind}; boundary=BOUND; charset={charset}"
    for method in ("GET", "POST"):
        request = environ(method, "/", "name=a", CONTENT_TYPE=header, body=b"a=b")
        assert answer(LenientWSGIHandler(), request) == 400


@pytest.mark.parametrize("charset", ["UTF-8", "utf8", '"utf-8"', "us-ascii"])
def test_utf_8_by_any_of_its_names_is_taken(client, searchable, charset):
    # Catches a guard that turns away what browsers send.
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    response = client.post(reverse("set_language"), b"language=vi&next=/", content_type=kind)
    assert response.status_code in (204, 302, 400)
    if charset.lower() in ("utf-8", '"utf-8"'):
        assert response.status_code != 400


@pytest.mark.django_db(transaction=True)
def test_a_type_of_content_that_means_nothing_is_refused_by_the_server():
    # Catches an error while the request is made, before any middleware.
    header = "text/plain; charset*=no-such''x"
    assert answer(LenientWSGIHandler(), environ("POST", "/", CONTENT_TYPE=header)) == 400
    assert answer(LenientWSGIHandler(), environ("GET", "/")) == 200


def test_a_length_that_is_no_number_is_refused(db):
    # Catches int("abc").
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": "abc"}
    assert answer(LenientWSGIHandler(), environ("POST", "/", **form)) == 400


# --- Disks ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["full", "read-only"])
@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_media_folder_in_trouble_is_a_page_of_its_own(
    client, searchable, settings, tmp_path, trouble, language
):
    # Catches a status of 500, and a query without its picture.
    with mounted(tmp_path / "disk") as disk:
        settings.MEDIA_ROOT = disk.path
        disk.fill() if trouble == "full" else disk.freeze()
        response = client.post("/", upload(PHOTO), headers={"accept-language": language})
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert f'<html lang="{language}">' in html(response)
    assert not Query.objects.exists()
    assert client.get("/").status_code == 200


@pytest.mark.slow
def test_a_full_disk_for_temporary_files_is_a_page_of_its_own(
    client, searchable, settings, tmp_path
):
    # Catches an error while the form is read, before any view.
    with mounted(tmp_path / "disk") as disk:
        settings.FILE_UPLOAD_TEMP_DIR = disk.path
        disk.fill()
        response = client.post("/", upload(PHOTO * 20))
        assert disk.rest() == []
    assert response.status_code == 503


# --- Databases ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (with_code(sqlite3.SQLITE_BUSY), 503),
        (with_code(sqlite3.SQLITE_FULL), 503),
        (with_code(sqlite3.SQLITE_READONLY), 503),
        (with_code(sqlite3.SQLITE_CANTOPEN), 503),
        (with_code(sqlite3.SQLITE_CORRUPT), 503),
        (with_code(sqlite3.SQLITE_ERROR, "no such table: catalog_image"), 503),
        (OperationalError("what no version of a driver has said before"), 503),
        (with_code(sqlite3.SQLITE_ERROR, "LIKE or GLOB pattern too complex"), 400),
        (with_code(sqlite3.SQLITE_TOOBIG), 400),
        (DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), 400),
        (OverflowError("Python int too large to convert to SQLite INTEGER"), 400),
    ],
)
def test_a_database_in_trouble_is_a_page_of_its_own(client, db, monkeypatch, error, status):
    # Catches a status of 500, the driver's English, and a page that asks the database again.
    def refuse(*_arguments):
        raise error

    monkeypatch.setattr("catalog.views.render", refuse)
    with connection.execute_wrapper(lambda *_arguments: pytest.fail("asked again")):
        monkeypatch.setattr(Collection.objects.__class__, "visible_to", refuse)
        response = client.get("/images/")
    assert response.status_code == status
    assert "English" not in html(response)
    assert ("Retry-After" in response.headers) == (status == 503)


def test_a_mistake_of_ours_still_looks_like_one(client, db, monkeypatch):
    # Catches bugs that hide behind "try again in a moment".
    client.raise_request_exception = False
    for error in (ProgrammingError("syntax error"), KeyError("x"), ValueError("x")):

        def crash(*_arguments, error=error, **_options):
            raise error

        monkeypatch.setattr("catalog.views.render", crash)
        assert client.get("/images/").status_code == 500


PROGRAM = """
import json, sys
import django
django.setup()
from sis_project.handlers import LenientWSGIHandler
from tests.sis_project.fuzz import environ
handler, answers = LenientWSGIHandler(), {}
for path in ("/", "/images/", "/evaluation/", "/admin/", "/images/1/", "/nowhere/"):
    statuses = []
    cookie = {"HTTP_COOKIE": "sessionid=0123456789abcdef0123456789abcdef"}
    request = environ("GET", path, HTTP_ACCEPT_LANGUAGE="vi", **cookie)
    parts = handler(request, lambda status, headers: statuses.append((status, dict(headers))))
    body = b"".join(parts).decode()
    answers[path] = [int(statuses[0][0][:3]), "Retry-After" in statuses[0][1], body]
print(json.dumps(answers))
"""


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["no tables", "no database", "not there"])
def test_a_server_without_its_database_says_so_on_every_page(tmp_path, trouble):
    # Catches an error page that reads the session, whose user stands in every page's head.
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "sis_project.settings",
        "SIS_VAR_DIR": str(tmp_path),
        "SIS_WEIGHTS": "untrained",
    }
    environment.pop("DATABASE_URL", None)
    if trouble == "no database":
        (tmp_path / "db.sqlite3").write_bytes(b"not a database, but long enough for one" * 100)
    if trouble == "not there":
        environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=project.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    for path, (status, retry, body) in json.loads(ran.stdout.splitlines()[-1]).items():
        assert (status, retry) == (503, True), path
        assert '<html lang="vi">' in body, path
        assert "style.css" in body, path


def test_a_request_whose_body_breaks_off_is_refused(db):
    # Catches a sender who is gone, told as a disk in trouble.
    class Broken(BytesIO):
        def read(self, *_arguments):
            raise OSError("connection lost")

    request = environ("POST", "/", CONTENT_TYPE="application/x-www-form-urlencoded")
    request |= {"wsgi.input": Broken(), "CONTENT_LENGTH": "100"}
    assert answer(LenientWSGIHandler(), request) == 400
