"""What a visitor does, in a real browser, with and without JavaScript."""

import pytest
from django.http import HttpResponse
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from search import result_views
from search.models import Query
from tests.helpers import encoded, picture

from .conftest import IMAGES

CARD = "ol.hits > li"
MORE = ".more a"
EDGES = ("x1", "y1", "x2", "y2")


def find(browser: WebDriver, selector: str):
    return browser.find_element(By.CSS_SELECTOR, selector)


def names(browser: WebDriver) -> list[str]:
    return [card.text for card in browser.find_elements(By.CSS_SELECTOR, f"{CARD} .card-name")]


def wait(browser: WebDriver, condition) -> None:
    # What htmx replaces may go between being found and being read.
    gone = [StaleElementReferenceException]
    WebDriverWait(browser, 30, ignored_exceptions=gone).until(lambda _: condition())


def click(browser: WebDriver, selector: str) -> None:
    element = find(browser, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def search(browser: WebDriver, site: str, photo: str, *, by_hand: bool = False) -> None:
    """Choose a picture; without a script the form has to be sent `by_hand`."""
    browser.get(site)
    find(browser, "input[type=file]").send_keys(photo)
    if by_hand:
        click(browser, "[data-submit]")
    wait(browser, lambda: "/search/" in browser.current_url)


def edges(browser: WebDriver) -> list[float]:
    fields = [find(browser, f"input[name={name}]") for name in EDGES]
    return [float(field.get_attribute("value")) for field in fields]


def sideways(browser: WebDriver) -> int:
    """By how many pixels the page is wider than the window."""
    return browser.execute_script(
        "const page = document.documentElement; return page.scrollWidth - page.clientWidth"
    )


def test_upload_and_show_more(open_browser, site, photo):
    # Catches a form, a swap or a focus that works in the test client only.
    browser = open_browser()
    search(browser, site, photo)
    assert names(browser)[0] == "image-03"
    assert len(names(browser)) == 30
    browser.execute_script("window.sisMarker = true")
    click(browser, MORE)
    wait(browser, lambda: len(names(browser)) == IMAGES)
    assert len(set(names(browser))) == IMAGES
    assert browser.execute_script("return window.sisMarker") is True
    focused = browser.switch_to.active_element
    assert focused.get_attribute("href") == find(
        browser, "ol.hits[start='31'] .card-link"
    ).get_attribute("href")
    status = find(browser, "#more-status").get_attribute("textContent")
    assert status.strip() == f"Ranks 31 to {IMAGES} of {IMAGES}"
    pictures = browser.find_elements(By.CSS_SELECTOR, f"{CARD} img")
    browser.execute_script("arguments[0].scrollIntoView()", pictures[0])
    wait(browser, lambda: pictures[0].get_property("naturalWidth") > 0)


def test_the_same_journey_without_javascript(open_browser, site, photo):
    # Catches anything that only a script can do.
    browser = open_browser(javascript=False)
    search(browser, site, photo, by_hand=True)
    first = names(browser)
    assert first[0] == "image-03"
    click(browser, MORE)
    wait(browser, lambda: browser.current_url.endswith("?page=2"))
    assert len({*first, *names(browser)}) == IMAGES
    click(browser, ".before a[rel=prev]")
    wait(browser, lambda: len(names(browser)) == 30)
    click(browser, f"{CARD}:nth-child(2) .card-action")
    wait(browser, lambda: "/similar/" in browser.current_url)
    assert names(browser)[0] == first[1]


def test_a_part_without_javascript(open_browser, site, photo):
    # Catches a crop that needs a mouse.
    browser = open_browser(javascript=False)
    search(browser, site, photo, by_hand=True)
    whole = browser.current_url
    click(browser, "[data-crop-details] summary")
    for name, value in zip(EDGES, (4, 6, 44, 40), strict=True):
        field = find(browser, f"input[name={name}]")
        field.clear()
        field.send_keys(str(value))
    click(browser, "[data-crop-form] button")
    wait(browser, lambda: browser.current_url != whole)
    assert Query.objects.get(pk=browser.current_url.rstrip("/").split("/")[-1]).box == (
        4,
        6,
        44,
        40,
    )
    assert find(browser, ".crop-box").is_displayed()


def test_a_part_by_dragging_and_by_keys(open_browser, site, tmp_path):
    # Catches coordinates of the screen instead of the picture's own.
    large = tmp_path / "large.jpg"
    large.write_bytes(encoded(picture(3, size=(800, 600))))
    browser = open_browser()
    search(browser, site, str(large))
    layer = find(browser, "[data-crop-layer]")
    size = layer.size
    assert edges(browser) == [0, 0, 800, 600]
    drag = ActionChains(browser).move_to_element_with_offset(
        layer, -size["width"] // 4, -size["height"] // 4
    )
    drag.click_and_hold().move_by_offset(size["width"] // 2, size["height"] // 2)
    drag.release().perform()
    assert edges(browser) == pytest.approx([200, 150, 600, 450], abs=12)
    assert find(browser, "[data-crop-details]").get_attribute("open")
    before = edges(browser)
    layer.send_keys(Keys.ARROW_LEFT)
    layer.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    step = 800 / 50
    moved = [before[0] - step, before[1], before[2] - step, before[3] + step]
    assert edges(browser) == moved
    whole = browser.current_url
    click(browser, "[data-crop-form] button")
    wait(browser, lambda: browser.current_url != whole)
    assert list(Query.objects.get(x1__isnull=False).box) == moved


def test_a_file_over_the_limit_is_refused_before_it_is_sent(open_browser, site, settings, tmp_path):
    # Catches an upload of minutes that ends in a refusal.
    settings.SIS_MAX_UPLOAD_BYTES = 1000
    large = tmp_path / "large.jpg"
    large.write_bytes(encoded(picture(3, size=(400, 300))))
    browser = open_browser()
    browser.get(site)
    find(browser, "input[type=file]").send_keys(str(large))
    assert "The file is too large" in find(browser, "[data-ask-problem]").text
    assert not find(browser, "[data-preview]").is_displayed()
    click(browser, "[data-submit]")
    assert browser.current_url.rstrip("/") == site
    assert not Query.objects.exists()


def test_a_chosen_picture_is_shown_before_it_is_sent(open_browser, site, photo):
    # Catches a preview that the content security policy forbids.
    browser = open_browser()
    browser.get(site)
    browser.execute_script("document.querySelector('[data-ask]').requestSubmit = () => {}")
    find(browser, "input[type=file]").send_keys(photo)
    wait(browser, lambda: find(browser, "[data-preview]").is_displayed())


def test_show_more_becomes_a_plain_link_where_its_request_fails(
    open_browser, site, photo, monkeypatch
):
    # Catches a button that does nothing once the server answered with an error.
    whole = result_views.render_ranking

    def refuse(request, *args, **kwargs):
        return HttpResponse(status=503) if request.htmx else whole(request, *args, **kwargs)

    monkeypatch.setattr(result_views, "render_ranking", refuse)
    browser = open_browser()
    search(browser, site, photo)
    click(browser, MORE)
    wait(browser, lambda: browser.current_url.endswith("?page=2"))
    assert len(names(browser)) == IMAGES - 30
    complaints = browser.get_log("browser")  # and forgets them: these are meant
    assert all("503" in entry["message"] for entry in complaints)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_language_of_the_browser_and_the_switch(open_browser, site, language):
    # Catches a language that cannot be changed, or that comes back.
    other = {"vi": "en", "en": "vi"}[language]
    browser = open_browser(language=language)
    browser.get(f"{site}/images/?name=image-0")
    assert find(browser, "html").get_attribute("lang") == language
    click(browser, f".language button[value={other}]")
    find(browser, f"html[lang={other}]")  # waits for the next page
    assert browser.current_url.endswith("/images/?name=image-0")
    browser.get(site)
    assert find(browser, "html").get_attribute("lang") == other


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_scrolls_sideways_on_a_phone(open_browser, site, photo, language):
    # Catches a row that does not wrap.
    browser = open_browser(language=language, width=360)
    search(browser, site, photo)
    results = browser.current_url
    click(browser, "[data-crop-details] summary")
    too_wide = {}
    for page in (results, site, f"{site}/images/", f"{results}?page=2"):
        if browser.current_url != page:
            browser.get(page)
        too_wide[page] = sideways(browser)
    click(browser, f"{CARD} .card-name")
    wait(browser, lambda: "/images/" in browser.current_url)
    too_wide[browser.current_url] = sideways(browser)
    assert len(too_wide) == 5
    assert {page: width for page, width in too_wide.items() if width > 0} == {}


def test_the_keyboard_reaches_the_content_at_once(open_browser, site):
    # Catches a skip link that is not first, or leads nowhere.
    browser = open_browser()
    browser.get(site)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("href").endswith("#main")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"
