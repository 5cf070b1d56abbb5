"""What every page of the evaluation has in common: safety, landmarks, language, numbers."""

import re

import pytest
from django.urls import reverse

from evaluation.models import EvaluationRun
from tests.evaluation.landmarks import ORDER
from tests.evaluation.views.viewing import (
    evaluated,
    finished_trial,
    foreign,
    turn_around,
    use_describer,
)
from tests.pages import html
from tests.test_pages_frame import FOREIGN, INLINE

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(benchmark_rows, monkeypatch) -> list[str]:
    """The address of every kind of page, none of them empty."""
    use_describer(monkeypatch)
    ours, theirs = evaluated(benchmark_rows), foreign(benchmark_rows, {"door_1": ORDER})
    good = evaluated(benchmark_rows, protocol="good", crop=True)
    rows = ours.results.order_by("position")
    runs = (ours, theirs, good)
    compare = reverse("evaluation:compare")
    recipes = reverse("evaluation:recipes")
    other = evaluated(benchmark_rows)
    EvaluationRun.objects.filter(pk=other.pk).update(recipe="other", saw_collection=True)
    turn_around(other)
    return [
        reverse("evaluation:index"),
        *(run.get_absolute_url() for run in runs),
        *(f"{row.get_absolute_url()}?step=1" for row in rows),
        theirs.results.get(name="door_1").get_absolute_url(),
        *(reverse(f"evaluation:{page}", args=[ours.pk]) for page in ("ap_variants", "audit")),
        f"{reverse('evaluation:audit', args=[ours.pk])}?queue=buried&depth=1&m=x",
        compare,
        f"{compare}?first={ours.pk}&second={theirs.pk}",
        f"{compare}?first={ours.pk}&second={good.pk}",
        f"{compare}?first={ours.pk}&second={ours.pk}",
        recipes,
        f"{recipes}?benchmark={benchmark_rows.pk}&protocol=good&query=whole",
        f"{recipes}?benchmark=x",
        reverse("evaluation:trials"),
        finished_trial(benchmark_rows.collection).get_absolute_url(),
    ]


@pytest.mark.parametrize("signed_in", [False, True])
def test_pages_obey_the_content_security_policy(client, pages, admin_user, signed_in):
    # Catches inline code and styles, which browsers would block, and hosts of others.
    if signed_in:
        client.force_login(admin_user)
    for page in pages:
        response = client.get(page)
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert INLINE.findall(html(response)) == [], page
        assert FOREIGN.findall(html(response)) == [], page


def test_pages_have_what_screen_readers_need(client, pages):
    # Catches ids twice, labels and headings of nothing, and pictures without words.
    for page in pages:
        markup = html(client.get(page))
        assert re.search(r"<title>\S[^<]+ – Image search</title>", markup), page
        assert markup.count("<h1") == 1, page
        assert all(" alt=" in image for image in re.findall(r"<img[^>]*>", markup)), page
        ids = re.findall(r'\sid="([^"]+)"', markup)
        assert len(ids) == len(set(ids)), page
        for wanted in ("aria-labelledby", "aria-describedby", "for"):
            named = " ".join(re.findall(rf'\s{wanted}="([^"]+)"', markup)).split()
            assert set(named) <= set(ids), page
        for head in re.findall(r"<th\b[^>]*>", markup):
            assert " scope=" in head, page


def test_pages_work_in_vietnamese(client, pages):
    # Catches a translation that breaks a template, and points in the numbers of a Vietnamese page.
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    for page in pages:
        markup = html(client.get(page))
        assert '<html lang="vi">' in markup
        body = re.sub(r"<code.*?</code>|<[^>]+>", " ", markup.split("<main")[1], flags=re.S)
        assert re.findall(r"\b[01]\.\d{3,4}\b", body) == [], page


def test_addresses_and_attributes_hold_plain_numbers(client, pages, settings):
    # Catches thousands separators and decimal commas where a program reads.
    settings.USE_THOUSAND_SEPARATOR = True
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    attributes = r'\s(?:width|height|value|max|start|data-step)="([^"]*)"'
    for page in pages:
        for value in re.findall(attributes, html(client.get(page)).split("<main")[1]):
            assert not re.search(r"\d[.,]\d", value), (page, value)
