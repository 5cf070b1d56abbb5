"""Both kinds of storage, and imports with everything done that waits for the commit."""

import pytest
from django.core.files.storage import storages

from catalog.imports.importer import import_storage


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.slow)])
def any_storage(request):
    """Each test with this runs on a local folder and on S3."""
    if request.param == "s3":
        request.getfixturevalue("s3")


@pytest.fixture
def imported(django_capture_on_commit_callbacks):
    """Import from the storage with everything done that waits for the commit."""

    def run(prefix: str = "archive", **options):
        with django_capture_on_commit_callbacks(execute=True):
            return import_storage(prefix=prefix, collection="places", **options)

    return run


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The names read from the storage so far."""
    names = []
    kind = type(storages["default"])
    real_open = kind.open

    def watched(storage, name, mode="rb"):
        names.append(name)
        return real_open(storage, name, mode)

    monkeypatch.setattr(kind, "open", watched)
    return names
