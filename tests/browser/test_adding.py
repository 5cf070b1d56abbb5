"""Collections and pictures are made and added on pages, in a real browser."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from catalog.models import Collection, Image
from tests.helpers import encoded, picture

from .test_journeys import click, find, wait

FILES = 30


@pytest.fixture
def curator(open_browser, site, monkeypatch):
    """Opens a browser in which somebody who may do everything is signed in."""
    # The threads of the test server share one connection: nothing is extracted meanwhile.
    monkeypatch.setattr("catalog.adding.ask_for_missing", lambda *_args: [])
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))

    def start(**options) -> WebDriver:
        browser = open_browser(**options)
        browser.get(f"{site}/robots.txt")
        session = client.cookies["sessionid"].value
        browser.add_cookie({"name": "sessionid", "value": session, "path": "/"})
        return browser

    return start


@pytest.fixture
def folder(tmp_path):
    """A folder of `FILES` files, one of them broken, one of them in a folder below."""
    below = tmp_path / "archive" / "below"
    below.mkdir(parents=True)
    for number in range(FILES - 2):
        (below.parent / f"p{number:02d}.jpg").write_bytes(encoded(picture(500 + number)))
    (below / "deep.jpg").write_bytes(encoded(picture(900)))
    (below.parent / "broken.jpg").write_bytes(encoded(picture(901))[:300])
    return below.parent


def states(browser: WebDriver) -> dict[str, str]:
    rows = browser.find_elements(By.CSS_SELECTOR, "[data-files] > li")
    parts = [row.find_elements(By.TAG_NAME, "span") for row in rows]
    return {name.text: state.text for name, state in parts}


def test_a_collection_is_made_and_a_folder_put_into_it(curator, site, folder):
    # Catches an upload that one broken file stops, and names without their folders.
    browser = curator()
    browser.get(f"{site}/images/")
    click(browser, "a[href='/collections/new/']")
    find(browser, "#id_slug").send_keys("archive")
    find(browser, "#id_title").send_keys("Ảnh cũ")
    click(browser, "main form button")
    wait(browser, lambda: browser.current_url.endswith("/collections/archive/add/"))
    find(browser, "#folder").send_keys(str(folder))
    summary = f"{FILES} of {FILES} files done, 1 not added."
    wait(browser, lambda: summary in find(browser, "[data-summary]").text)
    told = states(browser)
    assert len(told) == FILES
    assert told["below/deep.jpg"] == told["p00.jpg"] == "added"
    assert told["broken.jpg"] not in ("", "added")
    assert find(browser, "[data-ready]").is_displayed()
    names = Image.objects.filter(collection__slug="archive").values_list("name", flat=True)
    assert len(names) == FILES - 1
    assert "below/deep" in names


def test_the_same_without_javascript(curator, site, folder):
    Collection.objects.create(slug="archive")
    browser = curator(javascript=False)
    browser.get(f"{site}/collections/archive/add/")
    files = [str(path) for path in sorted(folder.glob("*.jpg"))]
    find(browser, "#pictures").send_keys("\n".join(files))
    click(browser, "main form button[type=submit]")
    shown = find(browser, "main").text
    assert f"{FILES - 2} pictures were added." in shown
    assert "broken.jpg" in shown


def test_files_over_the_limit_are_not_sent(curator, site, settings, folder):
    settings.SIS_MAX_UPLOAD_BYTES = 100
    Collection.objects.create(slug="archive")
    browser = curator()
    browser.get(f"{site}/collections/archive/add/")
    find(browser, "#pictures").send_keys(str(folder / "p00.jpg"))
    wait(browser, lambda: states(browser))
    assert "too large" in states(browser)["p00.jpg"]
    assert not Image.objects.filter(collection__slug="archive").exists()
