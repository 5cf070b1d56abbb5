"""Whitenings learned from the administration, by a job; words are in `test_vocabularies`."""

import pytest
from django.contrib.auth.models import Permission, User

from catalog.descriptors import get_descriptor
from catalog.extraction import extract_features
from catalog.models import Image, Whitening
from tests.catalog.descriptors.tiny import use_tiny
from tests.helpers import add_image
from tests.pages import text

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/catalog/whitening/add/"


@pytest.fixture(autouse=True)
def tiny(monkeypatch, settings):
    options = {"backbone": "tiny", "layer": "top", "pooling": "rmac", "size": 64}
    small = {"BACKEND": "catalog.descriptors.pooled.PooledDescriptor", "OPTIONS": options}
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {"small": small}
    yield from use_tiny(monkeypatch)


@pytest.fixture
def images(collection) -> list[Image]:
    found = [add_image(collection, f"i{number:02d}", seed=number) for number in range(30)]
    extract_features(ids=[image.pk for image in found], descriptor=get_descriptor("small"))
    return found


def test_the_admin_learns_and_whitens_by_a_job(images, collection, admin_client):
    # Catches a whitening that is learned and of which no picture has a vector.
    asked = {"collection": collection.pk, "descriptor": "small", "dim": 6}
    page = text(admin_client.post(ADDRESS, asked, follow=True))
    assert "Learned the whitening small+pca6." in page
    descriptor = get_descriptor("small+pca6")
    assert Image.objects.with_current(descriptor.name, descriptor.model_id).count() == 30


def test_what_is_missing_is_said_by_the_job(collection, admin_client):
    asked = {"collection": collection.pk, "descriptor": "small", "dim": 6}
    page = text(admin_client.post(ADDRESS, asked, follow=True))
    assert "have a current vector of “small”" in page


def test_nonsense_is_a_form_error_and_nobody_else_gets_in(images, collection, client):
    user = User.objects.create_user("staff", is_staff=True)
    client.force_login(user)
    assert client.get(ADDRESS).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="add_whitening"))
    asked = {"collection": collection.pk, "descriptor": "rootsift", "dim": 0}
    page = client.post(ADDRESS, asked)
    assert set(page.context["form"].errors) == {"descriptor", "dim"}
    assert not Whitening.objects.exists()
