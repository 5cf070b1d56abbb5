"""The folder of a backup: whole or not there, each content once, nothing damaged given back."""

import hashlib
import io
import json
from typing import Any

import pytest

from sis_project.backups.folder import BackupError, Folder, Manifest, locked


def manifest() -> Manifest:
    fields: dict[str, Any] = {
        "created_at": "2026-01-01T00:00:00+00:00",
        "version": "1",
        "engine": "sqlite",
        "database": "database-2.sqlite3",
        "database_sha256": "",
        "files": "files-2.jsonl",
        "count": 1,
        "size": 3,
    }
    return Manifest(**fields)


def test_a_content_is_kept_once_and_comes_back(tmp_path):
    folder = Folder(tmp_path)
    one, two = (folder.keep(name, io.BytesIO(b"abc")) for name in ("a", "b"))
    assert one.sha256 == two.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert len(list(tmp_path.glob("files/*/*"))) == 1
    assert folder.holds(one)
    assert folder.content(two) == b"abc"


@pytest.mark.parametrize("damage", [b"", b"abd", None])
def test_damaged_contents_are_not_given_back(tmp_path, damage):
    # Catches a restore that fills an archive with what a bad disk left.
    folder = Folder(tmp_path)
    kept = folder.keep("a", io.BytesIO(b"abc"))
    path = folder.place(kept.sha256)
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(BackupError, match="damaged"):
        folder.content(kept)


def test_a_new_backup_takes_the_place_of_the_one_before(tmp_path):
    folder = Folder(tmp_path)
    assert folder.manifest() is None
    for name in ("database-1.sqlite3", "files-1.jsonl", "database-2.sqlite3", "files-2.jsonl"):
        (tmp_path / name).touch()
    kept = folder.keep("a", io.BytesIO(b"abc"))
    stale = folder.keep("b", io.BytesIO(b"old"))
    (tmp_path / "files" / ".half").touch()
    folder.publish(manifest())
    folder.prune({kept.sha256})
    assert folder.manifest() == manifest()
    assert not folder.holds(stale)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"manifest.json", "database-2.sqlite3", "files-2.jsonl", "files"}
    assert not list((tmp_path / "files").glob(".*"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', "null"])
def test_a_damaged_manifest_is_said(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BackupError, match="damaged"):
        Folder(tmp_path).manifest()


def test_a_manifest_of_another_release_is_said(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(BackupError, match="another release"):
        Folder(tmp_path).manifest()


@pytest.mark.parametrize("lines", ["", '{"name": "a"}\n', "x\n", '{"name": "a", "size": 3'])
def test_a_damaged_list_is_said(tmp_path, lines):
    # Catches a list that lost its end, after which files would be missing unsaid.
    (tmp_path / "files-2.jsonl").write_text(lines)
    with pytest.raises(BackupError, match="damaged"):
        list(Folder(tmp_path).entries(manifest()))


def test_one_works_in_it_at_a_time_and_reading_leaves_no_trace(tmp_path):
    # Catches a restore that wants to write where its backup lies.
    with locked(tmp_path), pytest.raises(BackupError, match="Another backup"), locked(tmp_path):
        pass
    refused = pytest.raises(BackupError, match="Another backup")
    with locked(tmp_path, to_read=True), locked(tmp_path, to_read=True), refused, locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
