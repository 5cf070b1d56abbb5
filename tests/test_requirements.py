"""What is installed: bounded, pinned for a release, and by the commands that README gives."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
FILES = (
    "requirements.txt",
    "requirements-faiss.txt",
    "requirements-postgresql.txt",
    "requirements-dev.txt",
)


def lines(name: str) -> list[str]:
    """The lines of a file of requirements that name a package."""
    return [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]


def required() -> list[Requirement]:
    """What this machine needs of the files together."""
    found = [Requirement(line) for name in FILES for line in lines(name)]
    return [need for need in found if need.marker is None or need.marker.evaluate()]


@pytest.fixture(scope="module")
def pinned() -> dict[str, str]:
    """Name to exact version, from constraints.txt."""
    found: dict[str, str] = {}
    for line in lines("constraints.txt"):
        match = re.fullmatch(r"([\w.-]+)==([\w.!+]+)", line)
        assert match, f"constraints.txt: {line!r} is not name==version"
        found[canonicalize_name(match[1])] = match[2]
    return found


@pytest.mark.parametrize("name", FILES)
def test_required_packages_are_bounded(name):
    # An unbounded requirement installs a release that nobody has tried.
    for line in lines(name):
        assert re.search(r">=[\d.]+,<[\d.]+", line), line


def test_constraints_satisfy_the_requirements(pinned):
    # Catches a requirement added or raised without remaking constraints.txt.
    wrong = [
        f"{need}: {pinned.get(canonicalize_name(need.name), 'nothing')}"
        for need in required()
        if not need.specifier.contains(pinned.get(canonicalize_name(need.name), "0"))
    ]
    assert not wrong, f"remake constraints.txt as its first lines say: {wrong}"


def test_constraints_cover_what_the_requirements_bring(pinned):
    # Catches a file that pins the direct requirements only: what these need would float.
    missing, queue, seen = set(), required(), set()
    for need in queue:
        name = canonicalize_name(need.name)
        if (name, *sorted(need.extras)) in seen:
            continue
        seen.add((name, *sorted(need.extras)))
        if name not in pinned:
            missing.add(name)
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        if installed.version != pinned[name]:
            continue  # another version may need other packages
        for text in installed.requires or ():
            inner = Requirement(text)
            extras = need.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in extras):
                queue.append(inner)
    assert len(seen) > 50
    assert not missing, f"remake constraints.txt as its first lines say: {sorted(missing)}"


@pytest.mark.parametrize("readme", ["README.md", "README.vi.md"])
def test_ci_runs_the_commands_of_the_readme(readme):
    # Catches a README whose commands nobody runs: CI has each as a line of its own.
    (given,) = re.findall(r"^.*requirements-dev\.txt.*pytest.*$", (ROOT / readme).read_text(), re.M)
    commands = given.split(" && ")
    assert len(commands) == 2
    ci = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in ci if line in commands] == commands
