"""A folder to import, and an import with everything done that waits for the commit."""

from pathlib import Path

import pytest

from catalog.imports.importer import import_directory


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Import with everything done that waits for the commit."""

    def run(directory: Path, **options):
        with django_capture_on_commit_callbacks(execute=True):
            return import_directory(directory=directory, collection="places", **options)

    return run
