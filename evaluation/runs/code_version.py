"""Which code and which libraries make a run: what its provenance says about both."""

import os
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings

# Those that can change a figure, each with the names of the packages it comes in.
LIBRARIES = {
    "NumPy": ("numpy",),
    "Pillow": ("pillow",),
    "TensorFlow": ("tensorflow", "tensorflow-cpu"),
}
GIT_SECONDS = 10


def code_version() -> str:
    """Return the commit of the project's git checkout, `+dirty` where files of it were changed.

    The version of the release where the project is not a checkout, or git cannot be asked.
    """
    return git_commit(Path(settings.BASE_DIR)) or settings.SIS_VERSION


@cache
def git_commit(root: Path) -> str | None:
    """Return 12 digits of the commit that is checked out in `root`, with `+dirty` after changes.

    None where `root` is not the top of a checkout, there is no git, or git fails. Files that git
    does not know do not count as changes. Asked once per process, because modules are loaded once.
    """
    # Without this, git would answer for a repository that the installed project happens to lie in.
    if not (root / ".git").exists():
        return None
    # Inside a git hook these name the repository that the hook belongs to.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-C", str(root), "describe", "--always"]
    command += ["--abbrev=12", "--exclude=*", "--dirty=+dirty"]
    try:
        done = subprocess.run(  # noqa: S603 (no user input)
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=GIT_SECONDS,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


@cache
def library_versions() -> dict[str, str]:
    """Return the installed version of each of `LIBRARIES`, by its name; none is imported."""
    found = {}
    for name, packages in LIBRARIES.items():
        for package in packages:
            try:
                found[name] = version(package)
            except PackageNotFoundError:
                continue
            break
    return found
