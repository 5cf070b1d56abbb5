"""The programs of the README, run as they stand there against a real server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.helpers import encoded, picture
from tests.pages import describe_all, fill

README = ("README.md", "README.vi.md")
ADDRESS = "http://127.0.0.1:8000"


def block(readme: str, language: str, word: str) -> str:
    """The one block of code in this language that has this word."""
    text = (settings.BASE_DIR / readme).read_text()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.M | re.S)
    (found,) = [code for kind, code in blocks if kind == language and word in code]
    return found


@pytest.fixture
def folder(tmp_path: Path, collection, transactional_db) -> Path:
    fill(collection, 8)
    describe_all()
    (tmp_path / "photo.jpg").write_bytes(encoded(picture(3, size=(200, 100))))
    return tmp_path


@pytest.mark.parametrize("readme", README)
def test_the_python_client(live_server, folder, readme):
    # Catches an example that was never run.
    code = block(readme, "python", "requests").replace(ADDRESS, live_server.url)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert all(line[1].startswith("image-") for line in lines)


@pytest.mark.parametrize("readme", README)
def test_the_line_for_curl(live_server, folder, readme):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    line = block(readme, "", "curl -F").replace(ADDRESS, live_server.url)
    arguments = line.split()
    assert arguments[0] == "curl"
    done = subprocess.run(
        [curl, "-s", *arguments[1:]], cwd=folder, capture_output=True, text=True, check=True
    )
    assert '"rank": 5' in done.stdout
