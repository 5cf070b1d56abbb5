"""Limits of one address: what is counted, for whom, by several processes, and without waiting."""

import os
import sqlite3
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.cache import BaseCache, caches
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory

from search.models import Query
from sis_project import limits
from sis_project.limits import Limit, client_address, seconds_to_wait
from tests.helpers import encoded, picture
from tests.pages import describe_all, fill, stored_query, text, upload, use_stand_in
from tests.postgres import throwaway_server

PHOTO = encoded(picture(7, size=(300, 200)))
PASSWORD = "nhà-ga-Hà-Nội-1902"
LOGINS = ("/login/", "/admin/login/")


@pytest.fixture(autouse=True)
def still_clock(monkeypatch) -> None:
    """No window ends while a test counts."""
    monkeypatch.setattr(limits, "time", lambda: 1_800_000_000.0)
    limits.own_memory.clear()


@pytest.fixture
def searchable(collection, monkeypatch) -> None:
    use_stand_in(monkeypatch)
    fill(collection, 3)
    describe_all()


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_superuser("minh", password=PASSWORD)


def sign_in(client, name, password, *, page="/login/", **extra):
    return client.post(page, {"username": name, "password": password}, **extra)


def test_searches_over_the_limit_are_refused_in_words(client, searchable, settings):
    # Catches uploads and crops that count apart or not at all, and a refusal that stores something.
    settings.SIS_UPLOADS_PER_MINUTE = 2
    part = f"/search/{stored_query().pk}/crop/"
    box = {"x1": "0", "y1": "0", "x2": "90", "y2": "90"}
    assert client.post("/", upload(PHOTO)).status_code == 302
    assert client.post(part, box).status_code == 302
    stored = Query.objects.count()
    for address, fields in (("/", upload(PHOTO)), (part, box)):
        response = client.post(address, fields)
        assert response.status_code == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert "no-store" in response.headers["Cache-Control"]
        assert "Try again in" in text(response)
        assert '<header class="site-header">' in response.content.decode()
    assert Query.objects.count() == stored
    # Looking costs nobody's share, and somebody else has a share of their own.
    assert client.get("/").status_code == 200
    assert client.post("/", upload(PHOTO), REMOTE_ADDR="192.0.2.9").status_code == 302


def test_a_refusal_speaks_vietnamese(client, searchable, settings):
    # Catches a page that stands outside the languages.
    settings.SIS_UPLOADS_PER_MINUTE = 1
    client.post("/", upload(PHOTO))
    response = client.post("/", upload(PHOTO), headers={"accept-language": "vi"})
    assert response.status_code == 429
    assert "Thử lại sau" in text(response)


def test_zero_is_no_limit(client, searchable, settings):
    # Catches 0 taken as "none allowed".
    settings.SIS_UPLOADS_PER_MINUTE = 0
    assert {client.post("/", upload(PHOTO)).status_code for _ in range(5)} == {302}


def test_a_window_ends(monkeypatch, db):
    # Catches a counter that goes on for ever, or whose end moves with every attempt.
    limit = Limit("something", 1, 60)
    now = 1_800_000_000.0
    monkeypatch.setattr(limits, "time", lambda: now)
    assert seconds_to_wait(limit, "one") == 0
    wait = seconds_to_wait(limit, "one")
    assert 1 <= wait <= 60
    now += wait - 1
    assert seconds_to_wait(limit, "one") == 1
    now += 1
    assert seconds_to_wait(limit, "one") == 0


@pytest.mark.parametrize("page", LOGINS)
def test_guessing_locks_the_name_for_that_address_only(
    client, user, settings, page, django_user_model
):
    # Catches an unlimited search for passwords, and a lock that shuts everybody out.
    other = django_user_model.objects.create_superuser("lan", password=PASSWORD)
    settings.SIS_LOGIN_ATTEMPTS = 3
    for _attempt in range(3):
        assert sign_in(client, "minh", "wrong", page=page).status_code == 200
    # The right password too, and the name as the account would be found by it.
    for name in ("minh", " minh"):
        refused = sign_in(client, name, PASSWORD, page=page)
        assert refused.status_code == 429
        assert "Other names, and this name from elsewhere, are not locked." in text(refused)
        assert int(refused.headers["Retry-After"]) <= 15 * 60
    assert sign_in(client, other.username, PASSWORD, page=page).status_code == 302
    elsewhere = sign_in(Client(), "minh", PASSWORD, page=page, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302


def test_both_log_in_pages_count_together(client, user, settings):
    # Catches a second door with attempts of its own.
    settings.SIS_LOGIN_ATTEMPTS = 2
    for page in LOGINS:
        sign_in(client, "minh", "wrong", page=page)
    assert [sign_in(client, "minh", "x", page=page).status_code for page in LOGINS] == [429, 429]


def test_signing_in_starts_the_count_anew(client, user, settings):
    # Catches a lock for somebody who signs in often, or mistypes now and then.
    settings.SIS_LOGIN_ATTEMPTS = 2
    for _day in range(4):
        assert sign_in(client, "minh", "wrong").status_code == 200
        assert sign_in(client, "minh", PASSWORD).status_code == 302


def test_names_tried_one_after_the_other_are_limited_by_address(client, user, settings):
    # Catches one password tried with every name, each of which costs the hash of a password.
    settings.SIS_LOGINS_PER_MINUTE = 3
    codes = [sign_in(client, f"name{number}", "x").status_code for number in range(5)]
    assert codes == [200, 200, 200, 429, 429]


def test_a_form_of_another_site_counts_for_nobody(user, settings):
    # Catches a lock that any page on the web can put on its visitors.
    settings.SIS_LOGIN_ATTEMPTS = settings.SIS_LOGINS_PER_MINUTE = 1
    strict = Client(enforce_csrf_checks=True)
    for _attempt in range(4):
        assert sign_in(strict, "minh", "x").status_code == 403
    assert sign_in(Client(), "minh", PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("remote", "forwarded", "direct", "proxied"),
    [
        ("203.0.113.5", None, "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "203.0.113.5", "127.0.0.1", "203.0.113.5"),
        # What stands before the last comma is what the client wrote.
        ("127.0.0.1", "198.51.100.1, 203.0.113.5", "127.0.0.1", "203.0.113.5"),
        ("127.0.0.1", "203.0.113.5:4711", "127.0.0.1", "203.0.113.5"),
        ("127.0.0.1", "[2001:db8:1:2:3::9]:4711", "127.0.0.1", "2001:db8:1:2::/64"),
        ("127.0.0.1", "nonsense", "127.0.0.1", "unknown"),
        ("127.0.0.1", "", "127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", None, "fe80::/64", "fe80::/64"),
        ("::ffff:203.0.113.5", None, "203.0.113.5", "203.0.113.5"),
        ("", None, "unknown", "unknown"),
    ],
)
def test_an_address_is_what_the_proxy_says_only_where_there_is_one(
    settings, remote, forwarded, direct, proxied
):
    # Catches a header that anyone can write to be somebody else, and 2^64 shares for one person.
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory(REMOTE_ADDR=remote).get("/", headers=headers)
    for behind, expected in ((False, direct), (True, proxied)):
        settings.SIS_BEHIND_PROXY = behind
        assert client_address(request) == expected


def test_the_cache_holds_no_address_and_no_name(client, user):
    # Catches a log of who tried to sign in that nobody asked for.
    sign_in(client, "minh", "wrong", REMOTE_ADDR="203.0.113.5")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM sis_cache")
        rows = cursor.fetchall()
    assert len(rows) == 2
    assert "minh" not in str(rows)
    assert "203.0" not in str(rows)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return os.environ | {
        "SIS_VAR_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        **more,
    }


def run(folder: Path, *command: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project.BASE_DIR,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COUNT = """
import django; django.setup()
from sis_project import limits
limits.time = lambda: 1_800_000_000.0
limit = limits.Limit("something", 30, 3600)
print(sum(limits.seconds_to_wait(limit, "one") == 0 for _ in range(25)))
"""


def count_together(folder: Path, **more: str) -> int:
    """How many of 100 attempts, in four processes at once, a limit of 30 lets through."""
    run(folder, "manage.py", "migrate", "-v0", **more)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT],
            cwd=project.BASE_DIR,
            env=environment(folder, **more),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _process in range(4)
    ]
    return sum(int(process.communicate(timeout=120)[0]) for process in started)


@pytest.mark.slow
def test_processes_count_together(tmp_path):
    # Catches a counter of each process's own, and increments that overwrite each other.
    assert count_together(tmp_path) == 30


@pytest.mark.slow
def test_processes_count_together_in_postgresql(tmp_path):
    with throwaway_server() as url:
        assert count_together(tmp_path, DATABASE_URL=url) == 30


LOCKED = """
import django, time; django.setup()
from sis_project import limits
limit = limits.Limit("something", 2, 3600)
limits.time = lambda: 1_800_000_000.0
for _attempt in range(3):
    start = time.monotonic()
    allowed = limits.seconds_to_wait(limit, "one") == 0
    print(int(allowed), time.monotonic() - start)
from django.db import connection
print(connection.connection.execute("PRAGMA busy_timeout").fetchone()[0])
"""


@pytest.mark.slow
def test_a_locked_database_keeps_nobody_waiting(tmp_path):
    # Catches a search that waits a minute for a counter behind an import, or fails for it; and
    # guesses that are free as long as the database is locked.
    run(tmp_path, "manage.py", "migrate", "-v0")
    with sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        *attempts, patience = run(tmp_path, "-c", LOCKED).splitlines()
        holder.execute("ROLLBACK")
    allowed, seconds = zip(*(line.split() for line in attempts), strict=True)
    assert allowed == ("1", "1", "0")
    assert max(map(float, seconds)) < 1
    assert patience == "60000"  # what a search then stores still waits its turn


def test_another_cache_can_be_named(tmp_path):
    # Catches a setting that nothing reads.
    show = "from django.conf import settings; print(settings.CACHES['default']['BACKEND'])"
    command = ("manage.py", "shell", "-v0", "-c", show)
    own = run(tmp_path, *command)
    assert own.strip() == "sis_project.counting.CountingDatabaseCache"
    other = run(tmp_path, *command, SIS_CACHE_URL="redis://127.0.0.1:6379/1")
    assert other.strip().endswith("RedisCache")


class BrokenCache(BaseCache):
    """As a client behaves whose server is gone."""

    def __init__(self, _server: str, params: dict) -> None:
        super().__init__(params)

    def incr(self, *_arguments: object) -> int:
        raise ConnectionError("the server is gone")


def test_a_cache_that_does_not_answer_stops_nobody(settings, caplog):
    # Catches a search that fails because a counter is out of reach, and one without any limit.
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.BrokenCache"}}
    limit = Limit("something", 1, 60)
    assert seconds_to_wait(limit, "one") == 0
    assert seconds_to_wait(limit, "one") > 0
    assert "counted by this process alone" in caplog.text


@pytest.mark.parametrize(
    "name", ["SIS_UPLOADS_PER_MINUTE", "SIS_LOGINS_PER_MINUTE", "SIS_LOGIN_ATTEMPTS"]
)
def test_a_limit_below_zero_is_a_wrong_setting(settings, name):
    # Catches a sign that switches a limit off unseen.
    setattr(settings, name, -1)
    with pytest.raises(Exception, match=f"{name} is -1"):
        call_command("check", stdout=StringIO(), stderr=StringIO())


@pytest.mark.slow
@pytest.mark.django_db
def test_counters_end():
    # Catches entries that stay for ever, and a time that every attempt starts anew.
    cache = caches["default"]
    cache.add("one", 1, 2)
    time.sleep(1.1)
    assert cache.incr("one") == 2
    time.sleep(2)
    with pytest.raises(ValueError, match="no counter"):
        cache.incr("one")
    assert cache.add("one", 1, 2)
