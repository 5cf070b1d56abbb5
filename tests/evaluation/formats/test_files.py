"""Ground truth in: folders and archives, whole, broken and hostile."""

import errno
import gzip
import io
import os
import pickle
import tarfile
from pathlib import Path

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from evaluation.formats import files
from evaluation.formats.oxford import parse_files, read_ground_truth, read_stream
from evaluation.formats.problems import GroundTruthError
from evaluation.formats.problems import ProblemCode as Code
from evaluation.messages import each_in_words, reason_of

from .test_oxford import FILES, found


def archive(members, **options) -> bytes:
    """A .tgz of (TarInfo, bytes) pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", **options) as tar:
        for member, data in members:
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def members(prefix: str = ""):
    return [(tarfile.TarInfo(prefix + name), data) for name, data in FILES.items()]


def read_archive(data: bytes):
    return read_stream(io.BytesIO(data), "gt.tgz")


class TestFolder:
    def test_same_as_the_files(self, tmp_path):
        """Catches hidden files that stop an import, and other things passed over in silence."""
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / ".DS_Store").write_bytes(b"\x00")
        truth = read_ground_truth(tmp_path)
        assert truth == parse_files(FILES, "source")
        assert [warning.code for warning in truth.warnings] == [Code.IGNORED_FILE]

    def test_only_regular_files_are_read(self, tmp_path):
        """Catches waiting for ever at a named pipe, and a folder that is passed over."""
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        os.mkfifo(tmp_path / "x_good.txt")
        (tmp_path / "sub").mkdir()
        assert found(read_ground_truth, tmp_path) == [
            ("sub", None, Code.NOT_REGULAR),
            ("x_good.txt", None, Code.NOT_REGULAR),
        ]

    def test_limits(self, tmp_path, monkeypatch):
        """Catches a folder of any size read into memory."""
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
        assert ("door_1_query.txt", None, Code.TOO_LARGE) in found(read_ground_truth, tmp_path)
        monkeypatch.setattr(files, "MAX_FILES", 2)
        assert (tmp_path.name, None, Code.TOO_MANY_FILES) in found(read_ground_truth, tmp_path)

    def test_wrong_paths(self, tmp_path):
        """Catches tracebacks for what people really give: nothing, the wrong file, a pickle."""
        (tmp_path / "gt.zip").write_bytes(b"PK")
        (tmp_path / "gnd.pkl").write_bytes(pickle.dumps([]))
        (tmp_path / "empty").mkdir()
        for name, code in [
            ("absent", Code.NOT_FOUND),
            ("gt.zip", Code.UNKNOWN_KIND),
            ("gnd.pkl", Code.WRONG_TYPE),
            ("empty", Code.NO_TOPICS),
        ]:
            assert found(read_ground_truth, tmp_path / name) == [(name, None, code)]

    def test_a_file_that_the_system_does_not_give(self, tmp_path, monkeypatch):
        """Catches the system's own words, in its own language, inside of a sentence."""
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        read = Path.read_bytes

        def refused(path):
            if path.name == "door_1_ok.txt":
                raise PermissionError(errno.EACCES, "Permission denied")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", refused)
        with pytest.raises(GroundTruthError) as caught:
            read_ground_truth(tmp_path)
        with override("vi"):
            (said,) = each_in_words(caught.value.problems)
        assert said.startswith("door_1_ok.txt: ")
        assert "ermission" not in said.replace(str(reason_of(errno.EACCES)), "")


class TestArchive:
    @pytest.mark.parametrize("prefix", ["", "gt/", "../../../", "/etc/"])
    def test_same_as_the_files_wherever_they_claim_to_be(self, tmp_path, monkeypatch, prefix):
        """Catches anything written outside, or at all, by a path that climbs."""
        monkeypatch.chdir(tmp_path)
        folder = tarfile.TarInfo("gt")
        folder.type = tarfile.DIRTYPE
        path = tmp_path / "gt.tar.gz"
        path.write_bytes(archive([(folder, b""), *members(prefix)]))
        assert read_ground_truth(path) == parse_files(FILES, "source")
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
    )
    def test_links_and_devices_are_refused(self, kind):
        """Catches a link that reads one of the server's own files."""
        link = tarfile.TarInfo("door_1_good.txt")
        link.type, link.linkname = kind, "/etc/passwd"
        rest = [(member, data) for member, data in members() if member.name != link.name]
        assert found(read_archive, archive([(link, b""), *rest])) == [
            ("door_1_good.txt", None, Code.NOT_REGULAR)
        ]

    def test_sparse_members_are_refused(self):
        """Catches a member of a few bytes that reads as millions of zeros."""
        sparse = tarfile.TarInfo("x_good.txt")
        sparse.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.size": "99",
            "GNU.sparse.map": "0,1",
        }
        data = archive([(sparse, b"a")], format=tarfile.PAX_FORMAT)
        assert ("x_good.txt", None, Code.NOT_REGULAR) in found(read_archive, data)

    def test_one_name_in_two_folders(self):
        """Catches one file that silently replaces another."""
        doubled = archive(members("a/") + members("b/")[:1])
        assert found(read_archive, doubled) == [("door_1_query.txt", None, Code.SAME_FILE_NAME)]

    def test_sizes_are_limited(self, monkeypatch):
        """Catches an archive that fills the memory: by a member, by their sum, by their number."""
        big = archive([*members(), (tarfile.TarInfo("x_good.txt"), bytes(5 * 2**20))])
        assert found(read_archive, big)[0] == ("x_good.txt", None, Code.TOO_LARGE)
        monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 22)
        assert ("gt.tgz", None, Code.TOO_LARGE) in found(read_archive, archive(members()))
        monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 2**20)
        monkeypatch.setattr(files, "MAX_FILES", 2)
        assert ("gt.tgz", None, Code.TOO_MANY_FILES) in found(read_archive, archive(members()))

    def test_headers_are_limited(self, monkeypatch):
        """Catches a bomb in an extended header, which tarfile reads whole before anyone can ask
        its size, and global headers that tarfile copies to each member."""
        monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 2**16)
        monkeypatch.setattr(files, "MAX_FILES", 10)
        bomb = tarfile.TarInfo("x_good.txt")
        bomb.pax_headers = {"comment": "0" * 2**20}
        data = archive([(bomb, b"a")], format=tarfile.PAX_FORMAT)
        assert len(data) < 2**13
        assert found(read_archive, data) == [("gt.tgz", None, Code.TOO_LARGE)]
        headers = {f"k{number}": "v" for number in range(200)}
        data = archive(members(), format=tarfile.PAX_FORMAT, pax_headers=headers)
        assert ("gt.tgz", None, Code.BAD_ARCHIVE) in found(read_archive, data)

    def test_broken_archives(self):
        """Catches half an archive imported as a whole one, and tracebacks for a wrong file."""
        whole = archive(members())
        flipped = bytearray(whole)
        flipped[-5] ^= 1
        not_tar = gzip.compress(b"no tar" * 1000)
        for data in (b"", b"text", whole[:-20], whole[: len(whole) // 2], bytes(flipped), not_tar):
            assert ("gt.tgz", None, Code.BAD_ARCHIVE) in found(read_archive, data)

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"text", "it is not compressed with gzip"),
            (b"", "it ends too early"),
            (archive(members())[:-20], "it ends too early"),
            (gzip.compress(b"no tar" * 1000), "is not a whole tar archive"),
            (archive(members())[:-5] + b"12345", "it is damaged"),
        ],
        # Compressed data holds the time.
        ids=["text", "empty", "cut", "no tar", "damaged"],
    )
    def test_what_is_wrong_is_said_in_words_of_our_own(self, data, said):
        """Catches a library's words, which nobody translates, inside of a sentence."""
        with pytest.raises(GroundTruthError) as caught:
            read_archive(data)
        assert said in str(caught.value.problems[0])

    def test_a_disk_that_fails_is_not_called_a_broken_archive(self):
        """Catches the file blamed for what the disk does."""

        class Failing(io.BytesIO):
            def read(self, size=-1):
                raise OSError(errno.EIO, "Input/output error")

        assert found(read_stream, Failing(), "gt.tgz") == [("gt.tgz", None, Code.UNREADABLE)]

    def test_names_that_are_no_text(self):
        """Catches a message that cannot be printed or stored."""
        raw = tarfile.TarInfo("x\udcff\x1b.txt")
        with pytest.raises(GroundTruthError) as caught:
            read_archive(archive([(raw, b"a"), *members()], errors="surrogateescape"))
        assert "\x1b" not in str(caught.value)
        str(caught.value).encode()

    @given(st.binary(max_size=300))
    def test_any_bytes_are_refused(self, data):
        """Catches any other exception than the one that callers know."""
        found(read_archive, data)
        found(read_archive, gzip.compress(data))
