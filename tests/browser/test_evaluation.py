"""The evaluation in a real browser, with and without JavaScript."""

import pytest
from django.test import Client
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from evaluation.models import EvaluationRun
from evaluation.runs.jobs import ask_for_evaluation
from search.engines import reset_engines
from search.recipes import get_recipe
from tests.evaluation.landmarks import (
    FILES,
    GATE_AP,
    ORDER,
    STANDARD_AP,
    add_pictures,
    imported,
)
from tests.evaluation.views.viewing import evaluated, foreign, use_describer
from work.models import Job, State
from work.running import run_job

from .test_journeys import click, find, sideways, wait

WORDS = "[data-step-words]"


@pytest.fixture
def runs(live_server, collection, monkeypatch) -> list[EvaluationRun]:
    """Two runs that can be compared, over the pictures of `landmarks.py`."""
    use_describer(monkeypatch)
    reset_engines()
    pictures = add_pictures(collection)
    # Made before the browser asks: the server's threads share one connection.
    warm = Client()
    for image in pictures.values():
        for size in ("card", "grid", "large"):
            warm.get(f"/images/{image.pk}/thumbnail/{size}/").close()
    benchmark = imported(FILES)
    return [
        evaluated(benchmark, crop=True),
        foreign(benchmark, {"door_1": ORDER[::-1], "gate_1": ["gate_a"]}),
    ]


@pytest.fixture
def site(live_server, runs) -> str:
    return f"{live_server.url}/evaluation/"


def pages(site: str, runs: list[EvaluationRun]) -> list[str]:
    """Every kind of page."""
    one, two = (run.pk for run in runs)
    run = f"{site}runs/{one}/"
    return [
        site,
        run,
        f"{run}topics/0/?step=2",
        f"{run}topics/3/",
        f"{site}recipes/",
        f"{site}trials/",
        f"{run}ap-variants/",
        f"{run}audit/",
        f"{run}audit/?queue=buried&depth=1",
        f"{site}compare/?first={one}&second={two}",
    ]


def number_of(browser: WebDriver) -> str:
    """The number of the positive that the table marks."""
    return find(browser, "tr.is-current").get_attribute("data-step")


def loaded(browser: WebDriver, selector: str) -> bool:
    return find(browser, selector).get_property("naturalWidth") > 0


def test_the_charts_are_shown(open_browser, site, runs):
    # Catches a content security policy under which a chart stays blank.
    browser = open_browser()
    browser.get(f"{site}runs/{runs[0].pk}/")
    images = browser.find_elements(By.CSS_SELECTOR, ".chart img")
    assert len(images) == 2
    for image in images:
        wait(browser, lambda image=image: image.get_property("naturalWidth") > 0)
        assert len(image.get_attribute("alt")) > 20
    # As a document of its own its styles must not be refused either; the console would say so.
    browser.get(images[0].get_attribute("src"))
    assert browser.find_elements(By.CSS_SELECTOR, "svg")


def test_the_layer_lies_on_the_chart(open_browser, site, runs):
    # Catches a highlight beside the area, at any width.
    for width in (1280, 360):
        browser = open_browser(width=width)
        browser.get(f"{site}runs/{runs[0].pk}/topics/0/?step=2")
        wait(browser, lambda browser=browser: loaded(browser, ".anatomy-chart img"))
        image, layer = find(browser, ".anatomy-chart img"), find(browser, ".anatomy-chart svg")
        assert image.rect == pytest.approx(layer.rect, abs=1)


def test_stepping_by_button_and_by_key(open_browser, site, runs):
    # Catches buttons that load the page, lose the focus, or step past the end.
    browser = open_browser()
    browser.get(f"{site}runs/{runs[0].pk}/topics/0/")
    browser.execute_script("window.sisMarker = true")
    click(browser, "[data-step-next]")
    assert number_of(browser) == "1"
    assert find(browser, WORDS).text.startswith("Positive 1 of 4, door_a: place 1")
    find(browser, "[data-step-next]").send_keys(Keys.ARROW_RIGHT)
    assert number_of(browser) == "2"
    find(browser, "[data-step-next]").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert number_of(browser) == "4"
    assert browser.switch_to.active_element == find(browser, "[data-step-previous]")
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert number_of(browser) == "4"
    areas = browser.find_elements(By.CSS_SELECTOR, "[data-step-area]")
    assert [area.get_attribute("class") for area in areas] == ["", "", "", "is-current"]
    assert find(browser, ".place.is-current").get_attribute("id") == "place-7"
    click(browser, "[data-step-previous]")
    assert number_of(browser) == "3"
    assert browser.current_url.endswith("?step=3")
    assert browser.execute_script("return window.sisMarker") is True
    words = find(browser, WORDS).text
    browser.refresh()
    assert find(browser, WORDS).text == words


def test_stepping_without_javascript(open_browser, site, runs):
    # Catches an anatomy that only a script can show.
    browser = open_browser(javascript=False)
    browser.get(f"{site}runs/{runs[0].pk}/topics/0/")
    for number in ("1", "2", "3"):
        click(browser, "[data-step-next]")
        wait(browser, lambda number=number: f"step={number}" in browser.current_url)
        assert number_of(browser) == number
    click(browser, "[data-step-previous]")
    wait(browser, lambda: "step=2" in browser.current_url)
    assert find(browser, WORDS).text.startswith("Positive 2 of 4")


def test_comparing_without_javascript(open_browser, site, runs):
    # Catches ticks that only a script collects.
    browser = open_browser(javascript=False)
    browser.get(site)
    for box in browser.find_elements(By.CSS_SELECTOR, "input[name=run]"):
        box.click()
    click(browser, "form[action$='/compare/'] button")
    wait(browser, lambda: f"first={runs[0].pk}&second={runs[1].pk}" in browser.current_url)
    wait(browser, lambda: loaded(browser, ".chart img"))
    assert len(browser.find_elements(By.CSS_SELECTOR, "#side-title + .panel tbody tr")) == 2


def test_an_evaluation_from_signing_in_to_its_number(open_browser, site, runs, django_user_model):
    # Catches forms that work in the test client only, and a way in that does not lead back.
    django_user_model.objects.create_superuser("minh", password="pw")
    browser = open_browser(javascript=False)
    browser.get(site)
    click(browser, ".start-form .button-primary")
    find(browser, "input[name=username]").send_keys("minh")
    find(browser, "input[name=password]").send_keys("pw")
    click(browser, ".sign-in button")
    wait(browser, lambda: browser.current_url == site)
    click(browser, "input[name=query][value=whole]")
    click(browser, ".start-form button")
    wait(browser, lambda: "/runs/" in browser.current_url)
    assert find(browser, ".big").text.split() == ["mAP", f"{(STANDARD_AP + GATE_AP) / 2:.4f}"]


def test_the_progress_page_becomes_the_result(
    open_browser, site, runs, django_user_model, settings, client
):
    # Catches polling that the content security policy stops, or that never ends.
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    user = django_user_model.objects.create_superuser("minh")
    recipe = get_recipe("fc6")
    job = ask_for_evaluation(benchmark=runs[0].benchmark, recipe=recipe, crop=False, user=user)
    client.force_login(user)
    browser = open_browser()
    browser.get(site)
    session = client.cookies["sessionid"].value
    browser.add_cookie({"name": "sessionid", "value": session, "path": "/"})
    browser.get(site.removesuffix("evaluation/") + job.get_absolute_url().lstrip("/"))
    assert "It waits for its turn." in find(browser, "main").text
    Job.objects.update(state=State.RUNNING, step="Pictures", done=1, total=2)
    wait(browser, lambda: "1 of 2" in find(browser, ".progress-panel").text)
    Job.objects.update(state=State.QUEUED)
    run_job(pk=job.pk)
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".summary .big"))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_scrolls_sideways_on_a_phone(open_browser, site, runs, language):
    # Catches a table or a chart that is wider than the window.
    browser = open_browser(language=language, width=360)
    too_wide = {}
    for page in pages(site, runs):
        browser.get(page)
        browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        too_wide[page] = sideways(browser)
    assert {page: width for page, width in too_wide.items() if width > 0} == {}


def test_a_whole_table_is_sorted_by_its_heads(open_browser, site, runs):
    # Catches numbers sorted as words, and rows without a value among those with one.
    browser = open_browser()
    one, two = (run.pk for run in runs)
    browser.get(f"{site}compare/?first={one}&second={two}")
    table = "document.querySelector('table[data-sortable]')"
    column = f"return Array.from({table}.tBodies[0].rows, row => row.cells[1].textContent)"
    head = find(browser, "table[data-sortable] th:nth-child(2) button")
    head.click()
    down = browser.execute_script(column)
    assert [float(value) for value in down] == sorted(map(float, down), reverse=True)
    assert browser.execute_script(f"return {table}.tHead.rows[0].cells[1].ariaSort") == "descending"
    head.click()
    assert browser.execute_script(column) == down[::-1]
