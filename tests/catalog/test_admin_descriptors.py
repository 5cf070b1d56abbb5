"""The admin's columns, filters and actions of descriptors other than fc6."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.descriptors import get_any, get_descriptor
from catalog.extraction import extract_features
from catalog.models import Image, ImageVector
from catalog.vectorstore import vectors_of
from tests.helpers import add_image

LIST = reverse("admin:catalog_image_changelist")
COLOURS = "colour-layout"


@pytest.fixture
def images(collection) -> list[Image]:
    """Three images, the first with its colour layout."""
    found = [add_image(collection, f"i{seed}", seed=seed) for seed in range(3)]
    extract_features(ids=[found[0].pk], descriptor=get_descriptor(COLOURS))
    return found


def act(client, action: str, images: list[Image], **extra: str):
    data = {"action": action, "index": "0", "_selected_action": [image.pk for image in images]}
    return client.post(LIST, data | extra, follow=True)


def listed(response) -> set[str]:
    return {image.name for image in response.context["cl"].result_list}


def test_each_descriptor_has_a_line_and_a_filter(admin_client, images):
    # Catches the state of one descriptor shown, or filtered, as that of another.
    page = admin_client.get(LIST).content.decode()
    lines = re.findall(
        r'catalog-features"><span .*? title="(.*?)">.*?</span> ([\w-]+)</span>', page
    )
    assert lines.count(("current", COLOURS)) == 1
    assert lines.count(("none", COLOURS)) == 2
    assert lines.count(("none", "fc6")) == 3
    found = admin_client.get(LIST, {f"features-{COLOURS}": "current"})
    assert listed(found) == {"i0"}
    assert listed(admin_client.get(LIST, {"features": "current"})) == set()
    assert listed(admin_client.get(LIST, {f"features-{COLOURS}": "missing"})) == {"i1", "i2"}


def test_actions_are_those_of_their_descriptor(admin_client, images):
    # Catches "Clear features: Colour layout" that takes fc6 vectors with it.
    Image.objects.update(fc6_error="It is damaged.")
    response = act(admin_client, f"extract_{COLOURS}", images[:2])
    assert "Extracted the features of 1 image." in response.content.decode()
    assert set(ImageVector.objects.values_list("image__name", flat=True)) == {"i0", "i1"}
    act(admin_client, f"clear_{COLOURS}", images, confirmed="yes")
    assert not ImageVector.objects.exists()
    assert Image.objects.exclude(fc6_error="").count() == 3


def test_the_page_of_an_image_lists_its_vectors_and_loads_none(admin_client, images):
    # Catches an inline that reads kilobytes a row to show a name and a date.
    address = reverse("admin:catalog_image_change", args=[images[0].pk])
    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get(address).content.decode()
    assert "colour-layout/4x4/lab/1" in page
    assert f"/images/{images[0].pk}/similar/?recipe={COLOURS}" in page
    assert not any('"catalog_imagevector"."data" FROM' in query["sql"] for query in queries)
    assert not any('"catalog_imagevector"."data",' in query["sql"] for query in queries)


def test_one_descriptor_needs_no_name(admin_client, images, settings):
    settings.SIS_DESCRIPTORS = {"fc6": settings.SIS_DESCRIPTORS["fc6"]}
    settings.SIS_LOCAL_DESCRIPTORS = {}
    page = admin_client.get(LIST).content.decode()
    assert "Features: fc6" not in page
    assert "extract_colour" not in page


def test_local_features_are_extracted_and_cleared_like_others(admin_client, images):
    # Catches features that only the command line can make.
    chosen = {"_selected_action": [image.pk for image in images]}
    admin_client.post(LIST, {"action": "extract_rootsift", **chosen})
    local = get_any("rootsift")
    assert vectors_of("rootsift").count(local.model_id) == len(images)
    page = admin_client.get(f"{LIST}?features-rootsift=current").content.decode()
    assert "Extract features: Local features (RootSIFT)" in page
    admin_client.post(LIST, {"action": "clear_rootsift", "confirmed": "1", **chosen})
    assert vectors_of("rootsift").count(local.model_id) == 0
