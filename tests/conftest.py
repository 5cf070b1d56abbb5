"""Fixtures for every test, and which tests are slow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from catalog.descriptors import Descriptor, get_descriptor
from catalog.models import Collection
from tests.disks import SmallDisk, mounted

# A busy machine is slow, not wrong: only what a property says counts, not how long it took.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")

# Whoever asks for one of these waits for a browser, a server, a network of 2 GB or 234 pictures.
SLOW_FIXTURES = {
    *("open_browser", "postgres_url", "s3", "keras_vgg16", "corpus", "real_descriptor"),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what needs a slow fixture, so that no test of that kind can be forgotten."""
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """Each test starts in English: a page that was asked for in Vietnamese leaves that behind."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    """Each test has a storage of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def uploads(tmp_path_factory, settings):
    """Uploads of tests that run at the same time are not what a test of left-over files finds."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path_factory.mktemp("uploads")


@pytest.fixture
def real_descriptor() -> Descriptor:
    """The one that the settings name, which loads its network of 2 GB when it describes."""
    return get_descriptor()


@pytest.fixture
def collection(db) -> Collection:
    return Collection.objects.create(slug="places", title="Places")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of the test's own, with room for one megabyte."""
    with mounted(tmp_path / "disk") as disk:
        yield disk
