"""Clearing features asks first: how many, by which descriptor, and how long to get them back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from catalog.extraction_rate import images_per_second, rate
from catalog.models import Image
from tests.helpers import add_image, unit_vectors
from tests.pages import html, text

LIST = reverse("admin:catalog_image_changelist")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def images(collection) -> list[Image]:
    """63 images, two pages of the list; all but one have features, extracted 32 at a time."""
    made = [
        add_image(collection, f"i{number:02d}", vector=vector)
        for number, vector in enumerate(unit_vectors(62))
    ]
    for number, image in enumerate(made):
        done = START + timedelta(seconds=8 * (1 + number // 32))
        Image.objects.filter(pk=image.pk).update(fc6_extracted_at=done)
    return [*made, add_image(collection, "bare")]


def act(client, images, address: str = LIST, **extra: str):
    data = {"action": "clear", "index": "0", "_selected_action": [i.pk for i in images]}
    return client.post(address, data | extra, follow=True)


def confirm(client, response, address=LIST):
    """Press the page's button: send what its form holds."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html(response))
    fields = {}
    for name, value in found:
        fields.setdefault(name, []).append(value)
    return client.post(address, fields, follow=True)


def with_features():
    return Image.objects.filter(fc6__isnull=False).count()


def test_it_asks_and_says_what_it_would_cost(admin_client, images):
    # Catches 5,000 vectors, and hours of work, gone by one wrong choice in a list.
    page = act(admin_client, [*images[:40], images[-1]])
    assert with_features() == 62
    shown = text(page)
    assert "The features “fc6” of 40 images, or the recorded errors, will be removed." in shown
    assert "at the speed of the last extraction: less than a minute." in shown
    done = confirm(admin_client, page)
    assert "Cleared the features of 40 images." in text(done)
    assert with_features() == 22


def test_a_whole_list_is_confirmed_as_such(admin_client, images):
    # Catches a confirmation that clears the first page only, or more than was filtered.
    address = f"{LIST}?q=i"
    page = act(admin_client, images[:1], address, select_across="1")
    assert "of 62 images" in text(page)
    assert html(page).count('name="_selected_action"') == 1
    assert "Cleared the features of 62 images." in text(confirm(admin_client, page, address))


def test_nothing_to_clear_is_not_asked_about(admin_client, images):
    # Catches a question about nothing.
    assert "Cleared the features of 0 images." in text(act(admin_client, images[-1:]))


def test_an_unknown_time_is_called_unknown(admin_client, images):
    # Catches a made-up number where nothing was measured.
    Image.objects.update(fc6_extracted_at=START)
    assert "is not known: no extraction was measured" in text(act(admin_client, images[:3]))


def test_the_time_is_of_the_extractions_that_were(images):
    # Catches a rate that counts the first batch, whose time nobody knows: 30 images in 8 seconds.
    assert images_per_second("fc6") == pytest.approx(30 / 8)
    assert images_per_second("colour-layout") is None


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], None),
        ([0], None),
        ([0, 0, 0], None),
        ([0, 0, 4, 4], 0.5),
        ([0, 5, 10], 0.2),
        ([0, 10_000], None),  # a pause is no work
        ([0, 5, 10_000, 10_005], 0.2),
    ],
)
def test_pauses_do_not_count(times, expected):
    # Catches a night between two extractions taken for slowness.
    assert rate(START + timedelta(seconds=second) for second in times) == expected


def test_long_work_is_told_in_hours(admin_client, images):
    # Catches seconds that a reader has to divide.
    for number, image in enumerate(images[:3]):
        then = START + timedelta(seconds=110 * number)
        Image.objects.filter(pk=image.pk).update(fc6_extracted_at=then)
    Image.objects.filter(pk__gt=images[2].pk).update(fc6_extracted_at=None)
    assert "last extraction: 1 hour." in text(act(admin_client, images[:40]))
