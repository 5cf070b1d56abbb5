"""A real browser, and a server with a small collection for it to look at."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

from catalog.models import Collection
from tests.helpers import add_image, encoded, picture
from tests.pages import describe_all, use_stand_in

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
IMAGES = 35


def program(*names: str) -> str:
    """The path of the first of these programs; without one, skip, or fail where all must run."""
    for name in names:
        if path := shutil.which(name):
            return path
    message = f"{' or '.join(names)} is not installed"
    if os.environ.get("SIS_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Callable[..., WebDriver]]:
    """Opens browsers with a profile of their own; checks at the end that none complained.

    A refused script or style (content security policy), a failing request or a script error
    shows up in the browser's console.
    """
    browser, driver = (
        program("chromium", "chromium-browser", "google-chrome"),
        program("chromedriver"),
    )
    opened: list[WebDriver] = []

    def start(*, language: str = "en", javascript: bool = True, width: int = 1280) -> WebDriver:
        options = Options()
        options.binary_location = browser
        profile = tmp_path / f"profile-{len(opened)}"
        for argument in (*QUIET, f"--user-data-dir={profile}", f"--lang={language}"):
            options.add_argument(argument)
        preferences: dict[str, object] = {"intl.accept_languages": language}
        if not javascript:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        window = webdriver.Chrome(options=options, service=Service(driver))
        opened.append(window)
        # A headless window cannot be made as narrow as a phone; its viewport can.
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        window.implicitly_wait(10)
        return window

    yield start
    complaints = []
    for window in opened:
        complaints += [entry["message"] for entry in window.get_log("browser")]
        window.quit()
    assert complaints == []


@pytest.fixture
def site(live_server, collection: Collection, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server with `IMAGES` images, each findable by its own pixels."""
    use_stand_in(monkeypatch)
    # The threads of the test server share one connection to a database in memory, which takes
    # no two writers: make the renditions, which are recorded there, before the browser asks.
    warm = Client()
    for number in range(IMAGES):
        image = add_image(collection, f"image-{number:02d}", seed=number)
        for size in ("small", "card", "grid", "medium", "large"):
            warm.get(f"/images/{image.pk}/thumbnail/{size}/").close()
    describe_all()
    return live_server.url


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """A file with the same content as image-03."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(picture(3)))
    return str(path)
