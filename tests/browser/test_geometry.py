"""What geometry proves, in a real browser: it arrives by itself, leads on, and comes close."""

import pytest
from django.test import Client
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

from tests.search.proven import COLOURS, VIEWS, fill_with_views

from .test_journeys import click, find, names, sideways, wait


@pytest.fixture
def images(live_server, collection):
    images = fill_with_views(collection)
    warm = Client()  # as in `site`: renditions are recorded by one thread
    for image in images.values():
        for size in ("card", "grid", "large"):
            warm.get(f"/images/{image.pk}/thumbnail/{size}/").close()
    return images


@pytest.fixture
def ranking(live_server, images) -> str:
    return f"{live_server.url}/images/{images['house'].pk}/similar/?recipe={COLOURS}"


def test_the_checked_ranking_takes_the_place_of_the_plain_one(open_browser, ranking):
    # Catches a swap that never comes, or one of the whole page into itself.
    browser = open_browser()
    browser.get(ranking)
    wait(browser, lambda: find(browser, ".proven a").is_displayed())
    assert set(names(browser)[: len(VIEWS)]) == set(VIEWS)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#ranking")) == 1
    assert len(browser.find_elements(By.CSS_SELECTOR, "h1")) == 1
    click(browser, ".geometry a")
    wait(browser, lambda: set(names(browser)) == set(VIEWS))


def test_without_javascript_a_link_leads_there(open_browser, ranking):
    browser = open_browser(javascript=False)
    browser.get(ranking)
    click(browser, ".geometry a")
    wait(browser, lambda: "checked=1" in browser.current_url)
    click(browser, ".hits > li:nth-child(2) .proven a")
    wait(browser, lambda: "/proof/" in browser.current_url)
    assert find(browser, ".proof-row .proof-line").is_displayed()
    assert not find(browser, "[data-overlay]").is_displayed()


@pytest.mark.parametrize(("width", "shown"), [(1280, ".proof-row"), (390, ".proof-column")])
def test_a_line_brings_both_places_close(open_browser, live_server, images, width, shown):
    browser = open_browser(width=width)
    first, second = images["house"], images["from_afar"]
    browser.get(f"{live_server.url}/images/{first.pk}/proof/{second.pk}/")
    assert sideways(browser) == 0
    hit = find(browser, f"{shown} .proof-hit")
    whole = hit.get_dom_attribute("viewBox")
    line = find(browser, f"{shown} .proof-line")
    line.send_keys(Keys.ENTER)
    assert hit.get_dom_attribute("viewBox") != whole
    # The middle of what is seen is the point itself.
    x, y, wide, high = (float(number) for number in hit.get_dom_attribute("viewBox").split())
    mark = find(browser, f"{shown} .proof-hit .proof-mark")
    assert float(mark.get_dom_attribute("cx")) == pytest.approx(x + wide / 2)
    assert float(mark.get_dom_attribute("cy")) == pytest.approx(y + high / 2)
    click(browser, "[data-proof-back] button")
    assert hit.get_dom_attribute("viewBox") == whole


def test_what_was_searched_with_lies_where_it_was_found(open_browser, live_server, images):
    # Catches a matrix in another order, or one that forgets how large the picture is shown.
    browser = open_browser()
    first, second = images["house"], images["from_afar"]
    browser.get(f"{live_server.url}/images/{first.pk}/proof/{second.pk}/")
    click(browser, "[data-overlay-show]")
    shift, scale = browser.execute_script(
        "const stage = document.querySelector('[data-overlay-stage]').getBoundingClientRect();"
        "const laid = document.querySelector('[data-overlay-query]').getBoundingClientRect();"
        "const shown = stage.width / 400;"
        "return [[(laid.x - stage.x) / shown, (laid.y - stage.y) / shown],"
        " laid.width / stage.width]"
    )
    assert shift == pytest.approx([60, 40], abs=4)  # as `VIEWS` says
    assert scale == pytest.approx(0.7, abs=0.02)
    assert find(browser, "[data-overlay-query]").value_of_css_property("opacity") == "0.75"
    click(browser, "[data-overlay-blink]")
    assert find(browser, "[data-overlay-show]").get_attribute("aria-pressed") == "false"
    assert find(browser, ".is-blinking")
