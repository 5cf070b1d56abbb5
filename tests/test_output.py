"""What commands print, where the terminal, the pipe or the log has no Vietnamese.

Real processes: the encoding of standard output is decided when Python starts.
"""

import csv
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from catalog.management.machines import as_json
from sis_project.terminal import OneLineFormatter
from tests.helpers import encoded, picture

NAME = "Đức\x1b[31m\u202eảnh"
ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C": {"LC_ALL": "C"},  # in which Python writes UTF-8
}


class Installation:
    """A `var` folder of its own, and a folder of pictures with names to stumble over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("C", "migrate", "--verbosity=0")
        self.pictures = folder / "ảnh"
        self.pictures.mkdir()
        (self.pictures / f"{NAME}.jpg").write_bytes(encoded(picture(1)))
        (self.pictures / "=1+1.jpg").write_bytes(encoded(picture(2)))
        truth = folder / "truth"
        truth.mkdir()
        (truth / "đình_1_query.txt").write_text("=1+1 0 0 40 40\n")
        for label, line in (("good", "=1+1\n"), ("ok", ""), ("junk", "")):
            (truth / f"đình_1_{label}.txt").write_text(line)

    def run(self, encoding: str, *command: str, status: int = 0) -> tuple[str, str]:
        environment = os.environ | {
            "SIS_VAR_DIR": str(self.folder / "var"),
            "SIS_WEIGHTS": "untrained",
            "DJANGO_SETTINGS_MODULE": "sis_project.settings",
            **ENCODINGS[encoding],
        }
        environment.pop("DATABASE_URL", None)
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
        )
        written = "cp1252" if encoding == "cp1252" else "utf-8"
        out, err = done.stdout.decode(written), done.stderr.decode(written)
        assert "Traceback" not in err, err
        assert done.returncode == status, err
        assert "\x1b" not in out + err and "\u202e" not in out + err
        return out, err


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Installation:
    found = Installation(tmp_path_factory.mktemp("output"))
    found.run("C", "import_images", str(found.pictures), "--collection=places")
    found.run("C", "extract_features", "--descriptor=colour-layout")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_letter_ends_a_command(installation, encoding):
    """Catches UnicodeEncodeError at the end of an hour's work: a command of each app."""
    place = installation
    (place.pictures / "một cột.jpg").write_bytes(b"no picture")
    out, err = place.run(
        encoding, "import_images", str(place.pictures), "--collection=places", status=1
    )
    assert "2 unchanged" in out
    assert "t c" in err and ": This is not a picture" in err
    query = str(place.pictures / f"{NAME}.jpg")
    search = ("search_images", query, "--descriptor=colour-layout")
    out, _err = place.run(encoding, *search)
    assert "\\x1b[31m\\u202e" in out
    assert ("Đức" in out) == (encoding == "C")
    out, _err = place.run(encoding, *search, "--format=csv")
    assert {row["name"] for row in csv.DictReader(io.StringIO(out))} > {"'=1+1"}
    out, _err = place.run(encoding, *search, "--format=json")
    assert {hit["name"] for hit in json.loads(out)["hits"]} == {NAME, "=1+1"}
    truth = str(place.folder / "truth")
    out, _err = place.run(encoding, "import_groundtruth", truth, "--collection=places")
    assert "1 topics" in out or "is unchanged" in out
    out, _err = place.run(encoding, "evaluate", "places", "--descriptor=colour-layout")
    assert "nh_1" in out and "mAP" in out
    _out, err = place.run(encoding, "quickstart", "--host=Đức", status=1)
    assert "Cannot serve at" in err


def test_json_is_the_same_data_in_every_encoding():
    """Catches escapes of Python in JSON, which no program reads."""
    value = {"name": "Đức 🗼"}
    plain = as_json(value, io.TextIOWrapper(io.BytesIO(), "utf-8"))
    assert "Đức 🗼" in plain
    for encoding in ("ascii", "cp1252"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding)
        assert as_json(value, stream).isascii()
        assert json.loads(as_json(value, stream)) == value
    hidden = {"name": NAME}
    assert as_json(hidden, io.StringIO()).isascii()
    assert json.loads(as_json(hidden, io.StringIO())) == hidden


def test_a_log_line_is_one_line():
    """Catches a file name that writes lines of its own into the log."""
    record = logging.LogRecord("x", 40, "", 0, "lost: %s", ("a\n2026 ERROR\x1b[2J",), None)
    line = OneLineFormatter("{name}: {message}", style="{").format(record)
    assert line == "x: lost: a\\n2026 ERROR\\x1b[2J"
    assert settings.LOGGING["formatters"]["plain"]["()"].endswith("PlainFormatter")
