"""Every page of ours, judged by axe-core in a real browser: both themes, both widths."""

import os
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from selenium.webdriver.remote.webdriver import WebDriver

from catalog.models import Image
from evaluation.replays.jobs import NAME
from search.duplicates.jobs import keep
from search.duplicates.pairs import NearestPairs
from search.duplicates.scanning import Scan
from search.engines import reset_engines
from search.models import Query
from tests.catalog.stand_in import StandIn
from tests.evaluation.landmarks import FILES, add_pictures, imported
from tests.evaluation.views.viewing import evaluated, finished_trial, use_describer
from tests.pages import stored_query
from work.models import Job, State

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (390, 1280)
THEMES = ("light", "dark")
# Cleaned of all that is right, so that a failure tells what and where.
RUN = """
const done = arguments[arguments.length - 1];
const told = ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" | ")}`;
axe.run(document, { resultTypes: ["violations"] })
  .then(({ violations }) => done(violations.map(told)));
"""
OPEN_VIEWER = "document.querySelector('#ranking .card-picture').click()"
ROUND = {"map": 0.5, "residual": 0.25, "topics": 2, "likes": 1.0, "unlikes": 2.0}


@pytest.fixture
def axe() -> str:
    if AXE.exists():
        return AXE.read_text()
    message = "axe-core is not installed: npm ci"
    if os.environ.get("SIS_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def session(site) -> str:
    """Of somebody who is offered everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    return client.cookies["sessionid"].value


def addresses_of_searching() -> list[str]:
    first, second, third = Image.objects.order_by("pk")[:3]
    query = stored_query()
    sides = {"x1": 10, "y1": 10, "x2": 60, "y2": 60}
    part = Client().post(reverse("search:crop", args=[query.pk]), sides).headers["Location"]
    marked = f"?marks=l{second.pk}.u{third.pk}&with=i{second.pk}"
    return [
        "/",
        "/images/",
        "/images/?collection=nothing-like-it",
        first.get_absolute_url(),
        reverse("search:similar", args=[first.pk]) + marked,
        reverse("search:image_why", args=[first.pk, second.pk]),
        "/images/?look=list",
        "/collections/places/duplicates/",
        reverse("search:recipes"),
        query.get_absolute_url(),
        part,
        "/nowhere/",
        "/login/",
    ]


def addresses_of_working() -> list[str]:
    job = Job.objects.create(kind="unheard of", state=State.FAILED, error="why")
    images = list(Image.objects.order_by("pk")[:2])
    ids, near = np.array([[image.pk for image in images]]), np.array([0.01], np.float32)
    keep(
        collection=images[0].collection,
        recipe="fc6",
        found=Scan(1.0, NearestPairs(1, ids, near), compared=2),
    )
    return [
        *("/collections/new/", "/collections/places/add/", "/collections/places/duplicates/"),
        *("/work/", job.get_absolute_url(), "/admin/catalog/whitening/add/"),
    ]


def addresses_of_evaluation(collection, benchmark) -> list[str]:
    first, second = evaluated(benchmark), evaluated(benchmark, crop=True)
    outcome = {"rounds": [ROUND, ROUND]}
    arguments = {"benchmark": benchmark.name, "recipe": "fc6", "protocol": "standard"}
    Job.objects.create(kind=NAME, state=State.DONE, arguments=arguments, outcome=outcome)
    run = first.get_absolute_url()
    return [
        reverse("evaluation:index"),
        reverse("evaluation:recipes"),
        reverse("evaluation:trials"),
        finished_trial(collection).get_absolute_url(),
        reverse("evaluation:feedback"),
        f"{reverse('evaluation:compare')}?first={first.pk}&second={second.pk}",
        run,
        f"{run}audit/",
        f"{run}ap-variants/",
        f"{run}topics/0/",
    ]


def judged(browser: WebDriver, axe: str, address: str) -> list[str]:
    """What axe has against a page, in both themes and widths."""
    found = []
    for width in WIDTHS:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for theme in THEMES:
            features = [{"name": "prefers-color-scheme", "value": theme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            browser.get(address)
            browser.execute_script(axe)
            told = browser.execute_async_script(RUN)
            if "/similar/" in address:
                browser.execute_script(OPEN_VIEWER)
                told += browser.execute_async_script(RUN)
            found += [f"{address} {width} {theme}: {one}" for one in told]
    return found


def all_judged(open_browser, axe, site, addresses, session="") -> list[str]:
    browser = open_browser()
    browser.set_script_timeout(60)
    if session:
        browser.get(f"{site}/robots.txt")
        browser.add_cookie({"name": "sessionid", "value": session, "path": "/"})
    found = []
    for address in addresses:
        found += judged(browser, axe, site + address)
    browser.get_log("browser")  # a page that is not there is a complaint of the browser's
    return found


def test_with_an_untrained_network(open_browser, site, axe, monkeypatch):
    # Catches a banner outside all landmarks.
    monkeypatch.setattr(StandIn, "trained", False)
    found = all_judged(open_browser, axe, site, ["/"])
    assert not found, "\n".join(found)


def test_searching(open_browser, site, axe):
    found = all_judged(open_browser, axe, site, addresses_of_searching())
    assert not found, "\n".join(found)
    assert Query.objects.exists()


def test_working_and_what_keepers_are_offered(open_browser, site, axe, session):
    addresses = [*addresses_of_working(), "/images/", "/evaluation/feedback/"]
    found = all_judged(open_browser, axe, site, addresses, session)
    assert not found, "\n".join(found)


def test_evaluation(open_browser, live_server, axe, collection, monkeypatch):
    use_describer(monkeypatch)
    reset_engines()
    warm = Client()
    for image in add_pictures(collection).values():
        for size in ("small", "card", "grid", "medium", "large"):
            warm.get(f"/images/{image.pk}/thumbnail/{size}/").close()
    addresses = addresses_of_evaluation(collection, imported(FILES))
    found = all_judged(open_browser, axe, live_server.url, addresses)
    assert not found, "\n".join(found)
