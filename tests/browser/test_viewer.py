"""The viewer: query and hit side by side, by mouse and keys."""

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from .conftest import IMAGES
from .test_journeys import CARD, click, find, names, search, wait


@pytest.fixture
def browser(open_browser, site, photo) -> WebDriver:
    browser = open_browser()
    search(browser, site, photo)
    return browser


def press(browser: WebDriver, *keys: str) -> None:
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def shown(browser: WebDriver) -> str:
    return find(browser, "[data-viewer-title]").text


def test_through_the_ranking_by_keys_and_back_to_the_rank(browser):
    # Catches a viewer that loses the place, and one without a way out.
    ranked, address = names(browser), browser.current_url
    click(browser, f"{CARD}:nth-child(2) .card-picture img")
    wait(browser, lambda: shown(browser) == f"2. {ranked[1]}")
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert shown(browser) == f"3. {ranked[2]}"
    hit = find(browser, "[data-viewer-hit]")
    wait(browser, lambda: hit.get_property("naturalWidth") > 0)
    assert "/large/" in hit.get_attribute("src")
    assert "Distance" in find(browser, "[data-viewer-facts]").text
    press(browser, "?")
    assert find(browser, "[data-viewer-help]").is_displayed()
    press(browser, Keys.ESCAPE)
    wait(browser, lambda: not find(browser, "[data-viewer]").is_displayed())
    focused = browser.switch_to.active_element
    assert ranked[2] in focused.text
    assert browser.current_url == address


def test_both_pictures_are_zoomed_and_moved_at_once(browser):
    click(browser, f"{CARD}:nth-child(2) .card-picture img")
    panes = browser.find_elements(By.CSS_SELECTOR, "[data-pane]")
    press(browser, "+", "+")
    drag = ActionChains(browser).move_to_element(panes[0]).click_and_hold()
    drag.move_by_offset(8, 6).release().perform()
    scale = "return arguments[0].querySelector('[data-viewer-frame]').style.transform"
    one, other = (browser.execute_script(scale, pane) for pane in panes)
    assert "scale(2.25)" in one
    assert "scale(2.25)" in other
    assert "translate(0px, 0px)" not in one
    press(browser, "0")
    assert "scale(1)" in browser.execute_script(scale, panes[1])


def test_marks_are_those_of_the_page(browser):
    # Catches marks that the form does not send.
    click(browser, f"{CARD}:nth-child(2) .card-picture img")
    press(browser, "l")
    assert find(browser, "[data-viewer-like]").get_attribute("aria-pressed") == "true"
    assert find(browser, f"{CARD}:nth-child(2) [name=like]").is_selected()
    press(browser, "n")
    assert not find(browser, f"{CARD}:nth-child(2) [name=like]").is_selected()
    assert find(browser, f"{CARD}:nth-child(2) [name=unlike]").is_selected()
    press(browser, Keys.ESCAPE)
    click(browser, ".ask-again button")
    wait(browser, lambda: "marks=u" in browser.current_url)


def test_it_goes_on_beyond_what_is_shown_and_enter_opens_a_page(browser):
    click(browser, f"{CARD}:nth-child(30) .card-picture img")
    wait(browser, lambda: shown(browser).startswith("30. "))
    press(browser, Keys.ARROW_RIGHT)
    wait(browser, lambda: shown(browser).startswith("31. "))
    assert len(names(browser)) == IMAGES
    press(browser, Keys.ENTER)
    wait(browser, lambda: "/images/" in browser.current_url)
    browser.back()
    wait(browser, lambda: len(names(browser)) == IMAGES)


def test_a_part_of_the_hit_is_drawn_and_searched_with(browser):
    # Catches keys that go through the ranking instead of moving the box.
    click(browser, f"{CARD}:nth-child(2) .card-picture img")
    hit = find(browser, "[data-viewer-hit]")
    wait(browser, lambda: hit.get_property("naturalWidth") > 0)
    press(browser, "b")
    fields = "return ['x1','y1','x2','y2'].map(n => +document.getElementById('viewer_id_'+n).value)"
    assert browser.execute_script(fields) == [13, 10, 51, 38]
    title = shown(browser)
    press(browser, Keys.ARROW_LEFT)
    assert browser.execute_script(fields) == [12, 10, 50, 38]
    # Arrow keys move the box now, and not through the ranking; Escape leaves the box only.
    assert shown(browser) == title
    press(browser, Keys.ESCAPE)
    assert find(browser, "[data-viewer]").is_displayed()
    press(browser, "b", Keys.ENTER)
    wait(browser, lambda: "a part of a picture" in find(browser, "h1").text)
    assert browser.find_elements(By.CSS_SELECTOR, ".crop-box")


def test_the_next_picture_begins_without_a_box(browser):
    # Catches a box, and an address, of the picture shown before.
    click(browser, f"{CARD}:nth-child(2) .card-picture img")
    form = find(browser, "[data-viewer] [data-crop-form]")
    first = form.get_attribute("action")
    press(browser, "b", Keys.ESCAPE, Keys.ARROW_RIGHT)
    assert form.get_attribute("action") != first
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-viewer] .crop-box")
