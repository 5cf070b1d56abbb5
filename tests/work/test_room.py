"""How much room is left, for those who look after the server."""

import shutil
from collections import namedtuple

import pytest
from django.contrib.auth.models import User

from catalog.room import disks
from search.keeping import stored_queries
from tests.pages import stored_query, text
from work.room import Room

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


def test_each_disk_is_named_once(settings, tmp_path, monkeypatch):
    # Catches the same disk twice, and a folder that is not there yet.
    settings.MEDIA_ROOT, settings.SIS_VAR_DIR = tmp_path / "media" / "new", tmp_path
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1000, 800, 50))
    (room,) = disks()
    assert (room.used, room.total, room.is_nearly_full) == (950, 1000, True)


def test_without_a_limit_nothing_is_nearly_full(settings):
    settings.SIS_QUERY_QUOTA_BYTES = 0
    (room,) = stored_queries()
    assert (room.share, room.is_nearly_full) == (None, False)
    assert Room("x", 0, 10).share == 0


def test_the_page_shows_it_to_those_who_look_after_the_server(client, settings):
    # Catches disks that everybody with an account can look at.
    query = stored_query()
    settings.SIS_QUERY_QUOTA_BYTES = query.byte_size + 20_000
    client.force_login(User.objects.create_user("lan"))
    assert "Disk of" not in text(client.get("/work/"))
    client.force_login(User.objects.create_superuser("curator"))
    page = text(client.get("/work/"))
    assert "Disk of" in page
    assert "Stored queries" in page and "nearly full" in page
