"""Checksums are right, remembered, and forgotten when the file changes."""

import hashlib
import os

import pytest

from catalog.descriptors.backbones.digests import file_digest


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"one")
    return path


def test_it_is_the_checksum_of_the_content(file, tmp_path):
    for algorithm in ("md5", "sha256"):
        expected = hashlib.new(algorithm, b"one").hexdigest()
        assert file_digest(file, algorithm, memory=tmp_path / "m.json") == expected


def test_an_unchanged_file_is_not_read_again(file, tmp_path):
    memory = tmp_path / "deep" / "m.json"
    first = file_digest(file, "sha256", memory=memory)
    status = file.stat()
    file.write_bytes(b"two")  # same size; put the time back: what is remembered must show
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file_digest(file, "sha256", memory=memory) == first


def test_a_changed_file_is_hashed_anew(file, tmp_path):
    memory = tmp_path / "m.json"
    first = file_digest(file, "sha256", memory=memory)
    file.write_bytes(b"longer")
    assert file_digest(file, "sha256", memory=memory) != first


@pytest.mark.parametrize("content", ["not json", "[1]", ""])
def test_a_damaged_memory_only_costs_time(file, tmp_path, content):
    memory = tmp_path / "m.json"
    memory.write_text(content)
    assert file_digest(file, "md5", memory=memory) == hashlib.md5(b"one").hexdigest()
