"""Fixtures for every test."""

import pytest

from catalog.models import Collection


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    """Each test has a storage of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def collection(db) -> Collection:
    return Collection.objects.create(slug="places", title="Places")
