"""Files reach the storage as hard links or copies; originals are never touched."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from catalog.models import Image

from .files import counts, stored_files, write

pytestmark = pytest.mark.django_db


def test_the_picture_is_hard_linked(folder, committed):
    """Catches 2 GB being copied on one disk."""
    write(folder / "a.jpg")
    committed(folder)
    stored = Path(Image.objects.get().file.path)
    assert stored.stat().st_ino == (folder / "a.jpg").stat().st_ino


def test_a_symbolic_link_is_followed_to_the_real_file(folder, tmp_path, committed):
    """Catches a stored symbolic link, which would hang on its target's name."""
    content = write(tmp_path / "elsewhere.jpg")
    (folder / "a.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    committed(folder)
    (tmp_path / "elsewhere.jpg").unlink()
    stored = Path(Image.objects.get().file.path)
    assert not stored.is_symlink()
    assert stored.read_bytes() == content


@pytest.mark.parametrize("error", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK])
def test_where_no_link_is_possible_the_picture_is_copied(
    folder, committed, monkeypatch, media, error
):
    """Catches an import that fails across devices, and leftovers of copying."""

    def refuse(*_args, **_options):
        raise OSError(error, "no")

    monkeypatch.setattr(os, "link", refuse)
    content = write(folder / "a.jpg")
    report = committed(folder)
    assert counts(report) == (1, 0, 0, 0, 0)
    stored = Path(Image.objects.get().file.path)
    assert stored.read_bytes() == content
    assert stored.stat().st_ino != (folder / "a.jpg").stat().st_ino
    assert stored_files(media) == {Image.objects.get().file.name}


def test_the_source_is_left_as_it_was(folder, committed):
    """Catches an import that moves, renames, touches or rewrites originals."""
    write(folder / "a.jpg", 1)
    write(folder / "deep" / "b.png", 2, "PNG")
    (folder / "broken.jpg").write_bytes(b"broken")

    def state():
        return {
            str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
            for path in folder.rglob("*")
            if path.is_file()
        }

    before = state()
    committed(folder)
    committed(folder)
    assert state() == before


@pytest.mark.parametrize("leftover", [slice(100), slice(None, None, -1)])
def test_a_half_written_orphan_is_replaced(folder, committed, media, leftover):
    """Catches trust in a file that a killed run left half-written at the right address."""
    content = write(folder / "a.jpg")
    digest = hashlib.sha256(content).hexdigest()
    orphan = media / "images" / "places" / digest[:2] / f"{digest}.jpg"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(content[leftover])
    committed(folder)
    assert Image.objects.get().file.read() == content
    assert len(stored_files(media)) == 1


def test_a_whole_orphan_is_used_again(folder, committed, media):
    """Catches a second copy under another name beside the one a killed run left."""
    content = write(folder / "a.jpg")
    digest = hashlib.sha256(content).hexdigest()
    orphan = media / "images" / "places" / digest[:2] / f"{digest}.jpg"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(content)
    inode = orphan.stat().st_ino
    committed(folder)
    assert orphan.stat().st_ino == inode
    assert stored_files(media) == {Image.objects.get().file.name}


def test_replacing_an_orphan_never_writes_into_it(folder, committed, media, tmp_path, monkeypatch):
    """Catches writing through a hard link into somebody's own, since edited, picture."""
    content = write(folder / "a.jpg")
    digest = hashlib.sha256(content).hexdigest()
    mine = tmp_path / "mine.jpg"
    mine.write_bytes(b"edited in place")
    stored = media / "images" / "places" / digest[:2] / f"{digest}.jpg"
    stored.parent.mkdir(parents=True)
    os.link(mine, stored)
    monkeypatch.setattr(os, "link", lambda *_args, **_options: (_ for _ in ()).throw(OSError()))
    committed(folder)
    assert mine.read_bytes() == b"edited in place"
    assert stored.read_bytes() == content
