"""Array files: what has the name is whole and was verified; what was damaged since is refused."""

import os
import signal
import struct
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest

from search.index import array_file
from search.index.array_file import (
    ABANDONED_SECONDS,
    HEADER_BYTES,
    PREFIX,
    ArrayFile,
    ArrayFileError,
    ArrayFileWriter,
    remove_abandoned,
)

ROWS = np.arange(60, dtype=np.float32).reshape(12, 5)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "folder" / "some.vectors"
    with ArrayFileWriter(path) as writer:
        writer.begin("rows", np.float32, 5)
        writer.write(ROWS[:7])
        writer.write(ROWS[7:])
        writer.add("ids", np.arange(12))
        writer.publish({"mark": 7})
    return path


def test_what_was_written_is_read(path):
    file = ArrayFile(path)
    assert file.facts == {"mark": 7}
    assert file.array("rows").tolist() == ROWS.tolist()
    assert file.array("ids").tolist() == list(range(12))
    assert [p.name for p in path.parent.iterdir()] == ["some.vectors"]


@pytest.mark.parametrize("direct", [True, False])
def test_rows_are_read_by_position_and_in_chunks(path, direct):
    rows = ArrayFile(path).rows("rows", scanned=False)
    if not direct:  # as on Windows
        rows._direct = False
    assert rows.take(np.array([11, 0, 3])).tolist() == ROWS[[11, 0, 3]].tolist()
    chunks = [(first, chunk.tolist()) for first, chunk in rows.chunks(2, 12, 4)]
    assert chunks == [(start, ROWS[start : min(start + 4, 12)].tolist()) for start in (2, 6, 10)]


def test_arrays_stay_readable_after_the_file_is_gone(path):
    file = ArrayFile(path)
    rows = file.rows("rows", scanned=False)
    path.unlink()
    assert rows.take(np.array([3])).tolist() == ROWS[[3]].tolist()
    assert file.array("ids").tolist() == list(range(12))


def test_arrays_cannot_be_written_to(path):
    with pytest.raises(ValueError, match="read-only"):
        ArrayFile(path).array("rows")[0, 0] = 1


def truncated(data):
    return data[:-1]


def longer(data):
    return data + b"\0"


def headless(data):
    return bytes(HEADER_BYTES) + data[HEADER_BYTES:]


def cut_in_the_header(data):
    return data[:100]


def of_another_version(data):
    return data[:8] + struct.pack("<I", array_file.VERSION + 1) + data[12:]


def with_another_size_in_the_header(data):
    return data.replace(b"[12, 5]", b"[13, 5]")


def with_a_shorter_text(data):
    magic, version, length, checksum = PREFIX.unpack_from(data)
    return PREFIX.pack(magic, version, length - 1, checksum) + data[PREFIX.size :]


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (truncated, "bytes, its header says"),
        (longer, "bytes, its header says"),
        (headless, "not an array file"),
        (lambda data: b"", "shorter than a header"),
        (cut_in_the_header, "shorter than a header"),
        (of_another_version, "version 3, expected 2"),
        (with_another_size_in_the_header, "damaged header"),
        (with_a_shorter_text, "damaged header"),
        (lambda data: b"P6 999 999 255 " * 1000, "not an array file"),
    ],
)
def test_a_damaged_file_is_refused(path, damage, complaint):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ArrayFileError, match=complaint):
        ArrayFile(path)


def changed(data, start, content):
    """The bytes of a file with others at `start`, of the same length in all."""
    return data[:start] + content + data[start + len(content) :]


IDS = HEADER_BYTES + ROWS.nbytes
SAME_SIZE = {
    "one byte of the first array": ("rows", lambda data: changed(data, IDS - 1, b"\x07")),
    "one byte of the second array": ("ids", lambda data: changed(data, IDS, b"\x07")),
    "zeroed rows": ("rows", lambda data: changed(data, HEADER_BYTES + 20, bytes(40))),
    "random bytes": ("rows", lambda data: changed(data, HEADER_BYTES, os.urandom(ROWS.nbytes))),
}


@pytest.mark.parametrize(("array", "damage"), SAME_SIZE.values(), ids=SAME_SIZE)
def test_other_bytes_in_a_file_of_the_right_size_are_found(path, array, damage):
    # Catches arrays that are mapped without a look at what is in them.
    file = ArrayFile(path)
    path.write_bytes(damage(path.read_bytes()))
    assert file.touched
    for attempt in (ArrayFile, lambda _path: file.verify()):
        with pytest.raises(ArrayFileError, match=f"other {array} than were written"):
            attempt(path)


def test_damage_that_leaves_the_time_as_it_was_is_found_by_verifying(path):
    # As a failing disk does it. Opening must not read everything, so it cannot tell.
    before = path.stat()
    path.write_bytes(changed(path.read_bytes(), IDS, b"\x07"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    file = ArrayFile(path)
    assert not file.touched
    with pytest.raises(ArrayFileError, match="other ids"):
        file.verify()


def test_a_copy_is_verified_once_and_then_trusted(path, monkeypatch):
    # Copies have new times: reading 16 GB at each start because of that would be no cache.
    path.touch()
    checked = []
    monkeypatch.setattr(array_file, "check", lambda handle, name: checked.append(name))
    for _ in range(2):
        assert not ArrayFile(path).touched
    assert checked == ["some.vectors"]


def test_what_the_disk_changes_while_writing_gets_no_name(tmp_path, monkeypatch):
    # Catches checksums of what is on the disk, in place of those of what was meant to be there.
    path = tmp_path / "some.vectors"
    flush = ArrayFileWriter._flush

    def lose(writer):
        flush(writer)
        with writer._temporary.open("r+b") as file:
            file.seek(HEADER_BYTES + 50)
            file.write(b"\x07")

    monkeypatch.setattr(ArrayFileWriter, "_flush", lose)
    with pytest.raises(ArrayFileError, match="other rows"), ArrayFileWriter(path) as writer:
        writer.add("rows", ROWS)
        writer.publish({})
    assert list(tmp_path.iterdir()) == []


def test_verifying_a_file_that_was_deleted_says_nothing(path):
    # Another process deletes an old file when it takes a newer one: that is not damage.
    file = ArrayFile(path)
    path.unlink()
    file.verify()


def test_an_array_that_is_not_there_is_named(path):
    with pytest.raises(ArrayFileError, match="no array 'codes'"):
        ArrayFile(path).array("codes")


def test_an_error_while_writing_leaves_nothing(tmp_path):
    path = tmp_path / "some.vectors"
    with pytest.raises(ValueError, match="rows are"), ArrayFileWriter(path) as writer:
        writer.begin("rows", np.float32, 5)
        writer.write(np.zeros((2, 4), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_writing_again_leaves_readers_with_what_they_have(path):
    before = ArrayFile(path)
    with ArrayFileWriter(path) as writer:
        writer.add("rows", ROWS + 1)
        writer.publish({})
    assert before.array("rows").tolist() == ROWS.tolist()
    assert ArrayFile(path).array("rows").tolist() == (ROWS + 1).tolist()


PROGRAM = """
import sys
import numpy as np
from pathlib import Path
from search.index.array_file import ArrayFileWriter
with ArrayFileWriter(Path(sys.argv[1])) as writer:
    writer.begin("rows", np.float32, 4096)
    while True:
        writer.write(np.ones((64, 4096), np.float32))
        print("more", flush=True)
"""


def test_a_process_killed_while_writing_leaves_no_file_of_the_name(tmp_path):
    path = tmp_path / "some.vectors"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(5):
        assert process.stdout.readline() == "more\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    (left,) = tmp_path.iterdir()
    assert left != path
    remove_abandoned(tmp_path)
    assert left.exists()  # it may be in another process's hands
    long_ago = time.time() - ABANDONED_SECONDS - 1
    os.utime(left, (long_ago, long_ago))
    remove_abandoned(tmp_path)
    assert not left.exists()


CUT = """
import os, sys
from pathlib import Path
from search.index import array_file
path, array_file.MOST_IN_MEMORY = Path(sys.argv[1]), int(sys.argv[2])
found = array_file.ArrayFile(path).array("rows")
os.truncate(path, 0)
print(float(found.sum()))
"""


@pytest.mark.parametrize(("most", "status"), [(1 << 30, 0), (0, -signal.SIGBUS)])
def test_a_file_may_be_cut_off_while_it_is_computed_on(path, most, status):
    # Catches SIGBUS; the second case is why a large array's file must be left alone.
    done = subprocess.run(
        [sys.executable, "-c", CUT, str(path), str(most)], capture_output=True, text=True
    )
    assert done.returncode == status
    assert done.stdout.strip() == ("" if status else str(float(ROWS.sum())))


def test_a_file_that_is_cut_off_while_it_is_read_is_refused(path):
    file = ArrayFile(path)
    opened = file.rows("rows", scanned=False)
    os.truncate(path, HEADER_BYTES + 8)
    for read in (file.array, partial(file.rows, scanned=True), partial(file.rows, scanned=False)):
        with pytest.raises(ArrayFileError, match="cut off"):
            read("rows")
    # What is read when it is wanted is an error then, and not a signal.
    with pytest.raises(OSError, match="ended early"):
        opened.take(np.array([11]))


@pytest.mark.parametrize(
    ("most", "scanned", "kind"),
    [(1 << 30, True, "MemoryRows"), (10, True, "FileRows"), (1 << 30, False, "FileRows")],
)
def test_what_stays_in_the_file(path, monkeypatch, most, scanned, kind):
    # Catches gigabytes in memory of which a query wants a few rows.
    monkeypatch.setattr(array_file, "MOST_IN_MEMORY", most)
    rows = ArrayFile(path).rows("rows", scanned=scanned)
    assert type(rows).__name__ == kind
    assert np.array_equal(rows.take(np.array([3, 1])), ROWS[[3, 1]])
