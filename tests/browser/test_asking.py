"""The ways to ask, in a real browser: from anywhere, with a part, and with marks."""

import threading
import time
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from catalog.models import Image
from search import turn_views
from search.models import Query
from search.turns import Turns
from tests.helpers import encoded, picture

from .conftest import IMAGES
from .test_journeys import CARD, EDGES, MORE, click, edges, find, names, search, wait

# What a browser does with a file that is let go, or pasted.
GIVE = """
const transfer = new DataTransfer();
const bytes = new Uint8Array(arguments[1]);
transfer.items.add(new File([bytes], "photo.jpg", { type: arguments[2] }));
const options = { bubbles: true, cancelable: true };
arguments[0].dispatchEvent(
  arguments[3] === "drop"
    ? new DragEvent("drop", { ...options, dataTransfer: transfer })
    : new ClipboardEvent("paste", { ...options, clipboardData: transfer }));
"""

# Each new text of the button, kept where the next page finds it.
NOTE = """
const button = document.querySelector("[data-submit]");
const said = [];
new MutationObserver(() => {
  if (said.at(-1) !== button.textContent) said.push(button.textContent);
  sessionStorage.setItem("said", JSON.stringify(said));
}).observe(button, { childList: true, characterData: true, subtree: true });
"""


def give(browser: WebDriver, photo: str, how: str, kind: str = "image/jpeg") -> None:
    content = list(Path(photo).read_bytes())
    browser.execute_script(GIVE, find(browser, "main"), content, kind, how)


@pytest.mark.parametrize("page", ["/", "/images/", "/evaluation/", "/recipes/", "similar"])
@pytest.mark.parametrize("how", ["drop", "paste", "dialog"])
def test_a_search_starts_from_every_page(open_browser, site, photo, page, how):
    # Catches pages that open a dropped picture instead, and a step that has to be confirmed.
    if page == "similar":
        page = f"/images/{Image.objects.first().pk}/similar/"
    browser = open_browser()
    browser.get(site + page)
    if how == "dialog":
        find(browser, "[data-ask] input[type=file]").send_keys(photo)
    else:
        give(browser, photo, how)
    wait(browser, lambda: "/search/" in browser.current_url)
    assert names(browser)[0] == "image-03"


@pytest.mark.parametrize(
    ("language", "next_one", "later"),
    [
        ("en", "Your turn is next …", "Waiting: 1 before you …"),
        ("vi", "Sắp đến lượt bạn …", "Đang chờ: còn 1 lượt trước bạn …"),
    ],
)
def test_who_waits_for_a_turn_sees_the_place(
    open_browser, site, photo, monkeypatch, language, next_one, later
):
    # Catches a page that says nothing for a minute, and one that does not go on when it is time.
    turns = Turns(at_once=1, most_waiting=5)
    monkeypatch.setattr(turn_views, "turns", turns)
    threads = [threading.Thread(target=hold, args=[turns, name]) for name in ("one", "other")]
    browser = open_browser(language=language)
    browser.get(site)
    browser.execute_script(NOTE)
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    # The driver answers nothing until the page that comes is there.
    find(browser, "[data-ask] input[type=file]").send_keys(photo)
    wait(browser, lambda: "/search/" in browser.current_url)
    for thread in threads:
        thread.join()
    said = browser.execute_script("return JSON.parse(sessionStorage.getItem('said'))")
    assert [text for text in said if text in (later, next_one)] == [later, next_one]
    assert names(browser)[0] == "image-03"


def hold(turns: Turns, name: str) -> None:
    """Have a turn for as long as it takes to be seen."""
    with turns.turn(name):
        time.sleep(4)


def test_what_is_no_picture_is_refused_where_it_fell(open_browser, site, photo):
    browser = open_browser()
    browser.get(f"{site}/images/")
    give(browser, photo, "drop", "text/plain")
    assert find(browser, "[data-ask-problem]").text == "This is not a picture."
    assert browser.current_url == f"{site}/images/"


@pytest.fixture
def large(open_browser, site) -> WebDriver:
    """The page of a query of 800 by 600 pixels."""
    browser = open_browser()
    browser.get(site)
    content = list(encoded(picture(3, size=(800, 600))))
    browser.execute_script(GIVE, find(browser, "main"), content, "image/jpeg", "drop")
    wait(browser, lambda: "/search/" in browser.current_url)
    return browser


def handle(browser: WebDriver, edge: str):
    return find(browser, f"[data-edge={edge}]")


def test_the_box_is_moved_and_resized_by_mouse(large):
    # Catches handles that are drawn and do nothing, and a box that leaves the picture.
    click(large, "[data-crop-details] summary")
    assert edges(large) == [160, 120, 640, 480]
    shown = find(large, "[data-crop-layer]").size
    a_tenth = shown["width"] / 10
    drag = ActionChains(large).move_to_element(handle(large, "nw")).click_and_hold()
    drag.move_by_offset(round(a_tenth), round(a_tenth)).release().perform()
    assert edges(large) == pytest.approx([240, 200, 640, 480], abs=8)
    drag = ActionChains(large).move_to_element(handle(large, "e")).click_and_hold()
    drag.move_by_offset(-round(a_tenth), 30).release().perform()
    assert edges(large) == pytest.approx([240, 200, 560, 480], abs=8)
    before = edges(large)
    layer = find(large, "[data-crop-layer]")
    drag = ActionChains(large).move_to_element(layer).click_and_hold()
    drag.move_by_offset(round(5 * a_tenth), 0).release().perform()
    width = before[2] - before[0]
    assert edges(large) == pytest.approx([800 - width, before[1], 800, before[3]], abs=3)
    chosen = edges(large)
    click(large, "[data-crop-search]")
    wait(large, lambda: Query.objects.filter(x1__isnull=False).exists())
    assert list(Query.objects.get(x1__isnull=False).box) == chosen


def test_the_box_is_resized_by_touch(large):
    # Catches a finger that scrolls the page instead.
    click(large, "[data-crop-details] summary")
    finger = ActionBuilder(large, mouse=PointerInput(POINTER_TOUCH, "finger"))
    finger.pointer_action.move_to(handle(large, "se")).pointer_down()
    finger.pointer_action.move_by(-40, -30).pointer_up()
    finger.perform()
    x1, y1, x2, y2 = edges(large)
    assert (x1, y1) == (160, 120)
    assert x2 < 600
    assert y2 < 460


def test_enter_searches_with_the_box_and_escape_puts_it_away(large):
    layer = find(large, "[data-crop-layer]")
    layer.send_keys(Keys.ARROW_UP)
    assert edges(large) == [160, 104, 640, 464]
    layer.send_keys(Keys.ESCAPE)
    assert not find(large, "[data-crop-details]").get_attribute("open")
    layer.send_keys(Keys.ARROW_UP, Keys.ENTER)
    wait(large, lambda: Query.objects.filter(x1__isnull=False).exists())
    wait(large, lambda: "part of a picture" in find(large, "h1").text)
    assert Query.objects.get(x1__isnull=False).box == (160, 88, 640, 448)


def test_a_part_of_an_image_of_the_catalogue(open_browser, site):
    # Catches a box that only uploads have.
    image = Image.objects.get(name="image-05")
    browser = open_browser()
    browser.get(site + image.get_absolute_url())
    click(browser, "[data-crop-details] summary")
    chosen = edges(browser)
    click(browser, "[data-crop-search]")
    wait(browser, lambda: "/search/" in browser.current_url)
    assert list(Query.objects.get().box) == chosen
    click(browser, ".of-whole a")
    wait(browser, lambda: "/similar/" in browser.current_url)
    assert names(browser)[0] == "image-05"


def ticked(browser: WebDriver, name: str) -> int:
    return len(browser.find_elements(By.CSS_SELECTOR, f"{CARD} [name={name}]:checked"))


@pytest.mark.parametrize("javascript", [True, False])
def test_two_rounds_of_feedback_back_and_reload(open_browser, site, photo, javascript):
    # Catches marks that a reload loses, and a "back" that shows another ranking than before.
    browser = open_browser(javascript=javascript)
    search(browser, site, photo, by_hand=not javascript)
    first, address = names(browser), browser.current_url
    click(browser, f"{CARD}:nth-child(5) [name=like]")
    click(browser, f"{CARD}:nth-child(2) [name=unlike]")
    click(browser, ".ask-again button")
    wait(browser, lambda: "marks=" in browser.current_url)
    second, marked = names(browser), browser.current_url
    assert second.index(first[4]) < 4
    assert ticked(browser, "like") == 1
    assert find(browser, ".question-marks .mark-unlike").is_displayed()
    assert find(browser, ".movement").is_displayed()
    click(browser, f"{CARD}:nth-child(6) [name=like]")
    click(browser, ".ask-again button")
    wait(browser, lambda: browser.current_url.count("marks=") == 2)
    third = names(browser)
    assert third.index(second[5]) < 5
    assert ticked(browser, "like") == 2
    browser.refresh()
    assert names(browser) == third
    browser.back()
    wait(browser, lambda: browser.current_url == marked)
    assert names(browser) == second
    browser.back()
    wait(browser, lambda: browser.current_url == address)
    assert names(browser) == first
    browser.forward()
    wait(browser, lambda: names(browser) == second)


def test_after_show_more_a_reload_shows_as_many(open_browser, site, photo):
    browser = open_browser()
    search(browser, site, photo)
    click(browser, MORE)
    wait(browser, lambda: len(names(browser)) == IMAGES)
    all_names = names(browser)
    assert browser.current_url.endswith("?upto=2")
    browser.refresh()
    assert names(browser) == all_names


def test_on_a_telephone_the_first_hit_is_on_the_first_screen(open_browser, site, photo):
    # Catches a query that fills the screen: the first hit once stood 1,160 pixels down.
    browser = open_browser(width=390)
    search(browser, site, photo)
    assert find(browser, f"{CARD} img").rect["y"] < 600
    click(browser, "[data-crop-details] summary")
    wait(browser, lambda: find(browser, "[data-crop-search]").is_displayed())
    assert len(edges(browser)) == len(EDGES)


def test_the_last_searches_stand_on_the_start_page_until_forgotten(open_browser, site, photo):
    # Catches a list that other browsers see, and one that cannot be got rid of.
    browser = open_browser()
    search(browser, site, photo)
    address = browser.current_url
    browser.get(site)
    assert find(browser, ".recent-list a").get_attribute("href") == address
    search(browser, site, photo)
    browser.get(site)
    wait(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, ".recent-list li")) == 2)
    click(browser, ".recent-list li button")
    links = browser.find_elements(By.CSS_SELECTOR, ".recent-list a")
    assert [link.get_attribute("href") for link in links] == [address]
    click(browser, "[data-forget-all]")
    browser.refresh()
    assert not find(browser, "[data-recent-section]").is_displayed()
    other = open_browser()
    other.get(site)
    assert not find(other, "[data-recent-section]").is_displayed()
