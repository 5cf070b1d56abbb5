"""What a run says about the code and the libraries that made it."""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest
from PIL import __version__ as pillow_version

from evaluation.models import EvaluationRun
from evaluation.reports.exports import run_as_dict
from evaluation.reports.provenance import check_comparable, subjects
from evaluation.runs import code_version as made_by
from evaluation.runs.code_version import code_version, git_commit, library_versions
from evaluation.runs.importing import import_run
from evaluation.runs.runner import evaluate
from tests.evaluation.landmarks import Describer
from tests.pages import text

GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]


def git(folder, *arguments: str) -> str:
    command = [*GIT, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git repository with one commit; the tests themselves may run in a hook of another one."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("print(1)\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


@pytest.fixture
def commit(checkout) -> str:
    return git(checkout, "rev-parse", "HEAD")[:12]


class TestCommit:
    def test_a_clean_checkout_is_its_commit(self, checkout, commit):
        """Catches a tag or a branch, which move, and a mark for files git does not know."""
        git(checkout, "tag", "--annotate", "--message", "first", "v1")
        (checkout / "notes.txt").write_text("untracked")
        assert git_commit(checkout) == commit

    @pytest.mark.parametrize("staged", [False, True])
    def test_a_changed_file_makes_it_dirty(self, checkout, commit, staged):
        """Catches a run of edited code that names the commit the edits are not in."""
        (checkout / "code.py").write_text("print(2)\n")
        if staged:
            git(checkout, "add", "code.py")
        assert git_commit(checkout) == f"{commit}+dirty"

    def test_it_is_asked_once(self, checkout, commit, monkeypatch):
        """Catches a process per run, and an answer that is not the code that was loaded."""
        assert git_commit(checkout) == commit
        monkeypatch.setenv("PATH", "")
        assert git_commit(checkout) == commit

    def test_a_hooks_repository_is_not_asked(self, checkout, commit, tmp_path_factory, monkeypatch):
        """Catches the commit of the repository whose hook starts the process."""
        other = tmp_path_factory.mktemp("other")
        git(other, "init", "--quiet")
        monkeypatch.setenv("GIT_DIR", str(other / ".git"))
        assert git_commit(checkout) == commit

    def test_a_folder_inside_another_checkout_has_none(self, checkout):
        """Catches the commit of whatever the installed project happens to lie in."""
        inside = checkout / "site-packages"
        inside.mkdir()
        assert git_commit(inside) is None


class TestVersion:
    def test_the_checkout_comes_first(self, checkout, commit, settings):
        settings.BASE_DIR = checkout
        assert code_version() == commit

    def test_without_a_checkout_it_is_the_release(self, tmp_path, settings):
        settings.BASE_DIR = tmp_path
        assert code_version() == settings.SIS_VERSION

    def test_without_git_it_is_the_release(self, checkout, settings, monkeypatch):
        """Catches an evaluation that fails where git is not installed."""
        monkeypatch.setenv("PATH", "")
        settings.BASE_DIR = checkout
        assert code_version() == settings.SIS_VERSION

    @pytest.mark.parametrize("initialised", [False, True])
    def test_a_git_that_fails_is_not_a_failure(self, tmp_path, settings, initialised):
        """Catches an exception of git's that ends an evaluation."""
        (tmp_path / ".git").mkdir()
        if initialised:
            git(tmp_path, "init", "--quiet")  # but none yet
        settings.BASE_DIR = tmp_path
        assert code_version() == settings.SIS_VERSION

    def test_a_git_that_hangs_is_not_waited_for(self, checkout, settings, monkeypatch):
        """Catches an evaluation that waits for a file system which does not answer."""
        (checkout / "git").write_text("#!/bin/sh\nsleep 3\necho late\n")
        (checkout / "git").chmod(0o755)
        monkeypatch.setenv("PATH", str(checkout), prepend=os.pathsep)
        monkeypatch.setattr(made_by, "GIT_SECONDS", 0.2)
        settings.BASE_DIR = checkout
        assert code_version() == settings.SIS_VERSION


class TestLibraries:
    def test_they_are_the_installed_ones(self):
        """Catches a version that is written down instead of read."""
        found = library_versions()
        assert (found["NumPy"], found["Pillow"]) == (np.__version__, pillow_version)
        assert found.keys() <= {"NumPy", "Pillow", "TensorFlow"}

    @pytest.mark.parametrize("package", ["tensorflow", "tensorflow-cpu"])
    def test_tensorflow_has_two_packages(self, package, monkeypatch):
        """Catches one of them not being looked for."""

        def installed(name: str) -> str:
            if name in ("numpy", "pillow"):
                return version(name)
            if name == package:
                return "9.8.7"
            raise PackageNotFoundError(name)

        monkeypatch.setattr(made_by, "version", installed)
        library_versions.cache_clear()
        try:
            assert library_versions()["TensorFlow"] == "9.8.7"
        finally:
            library_versions.cache_clear()

    def test_none_is_imported(self, settings):
        """Catches seconds of TensorFlow for its version."""
        program = (
            "import sys, evaluation.runs.code_version as made_by; made_by.library_versions(); "
            "sys.exit('tensorflow' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, check=False)
        assert done.returncode == 0


class TestRuns:
    @pytest.fixture
    def run(self, benchmark_rows) -> EvaluationRun:
        return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())

    def test_a_run_keeps_both(self, run):
        """Catches facts that are shown and not stored."""
        run = EvaluationRun.objects.get(pk=run.pk)
        assert run.code_version == code_version()
        assert run.library_versions == library_versions()

    def test_an_imported_run_has_neither(self, benchmark_rows):
        """Catches our code named as the maker of another system's ranking."""
        run = import_run(data=b"door_1 Q0 door_a 1 1 t\n", file="f", benchmark=benchmark_rows)
        assert (run.code_version, run.library_versions) == ("", {})

    def test_other_code_is_a_subject_and_no_obstacle(self, run, benchmark_rows):
        """Catches a new library that is not named, or one that forbids the comparison."""
        other = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        other.code_version = "0123456789ab"
        other.library_versions = other.library_versions | {"NumPy": "1.0"}
        check_comparable(run, other)
        fields = [subject.field for subject in subjects(run, other)]
        assert fields == ["code_version", "library_versions"]

    def test_pages_and_files_say_both(self, run, client):
        """Catches a page or file without them."""
        page = text(client.get(run.get_absolute_url()))
        assert f"Code version {code_version()}" in page
        assert f"NumPy {np.__version__}, Pillow {pillow_version}" in page
        told = json.loads(json.dumps(run_as_dict(run)))["provenance"]
        assert told["code_version"] == code_version()
        assert told["library_versions"] == library_versions()
