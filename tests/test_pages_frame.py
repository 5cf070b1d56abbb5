"""What every page has in common: safety, language, banner, error pages."""

import re
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import NoReverseMatch, reverse

from search import views
from tests.helpers import add_image
from tests.pages import fill, html, stored_query, text, use_stand_in

STATIC = Path(project.BASE_DIR) / "static" / "sis"
# What the content security policy would block, and what would leave the server.
INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.I)
FOREIGN = re.compile(
    r"""(?:src|href|action|srcset|data|content|hx-get)=["']?(?:https?:)?//""", re.I
)


@pytest.fixture
def pages(collection, monkeypatch) -> list[str]:
    """The address of every kind of page, none of them empty."""
    use_stand_in(monkeypatch)
    first = fill(collection, 32)[0]
    bare = add_image(collection, "bare")
    query = stored_query()
    box = {"x1": 10, "y1": 10, "x2": 60, "y2": 60}
    part = Client().post(reverse("search:crop", args=[query.pk]), box).headers["Location"]
    return [
        "/",
        "/images/",
        first.get_absolute_url(),
        bare.get_absolute_url(),
        reverse("search:similar", args=[first.pk]),
        reverse("search:similar", args=[bare.pk]),
        reverse("search:image_proof", args=[first.pk, bare.pk]),
        reverse("search:image_why", args=[first.pk, bare.pk]),
        "/collections/places/duplicates/",
        reverse("search:recipes"),
        query.get_absolute_url(),
        f"{query.get_absolute_url()}?page=2",
        part,
        reverse("evaluation:recipes"),
        reverse("evaluation:trials"),
        "/nowhere/",
    ]


@pytest.mark.parametrize("signed_in", [False, True])
def test_pages_obey_the_content_security_policy(client, pages, admin_user, signed_in):
    # Catches inline code and styles, which browsers would block, and hosts of others.
    if signed_in:
        client.force_login(admin_user)
        pages.append(reverse("work:index"))
    for page in pages:
        response = client.get(page)
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert INLINE.findall(html(response)) == [], page
        assert FOREIGN.findall(html(response)) == [], page


def test_static_files_load_nothing_from_elsewhere():
    # Catches a font or a script of another host.
    files = [path for path in STATIC.iterdir() if path.suffix in {".css", ".js", ".svg"}]
    assert len(files) >= 4
    for path in files:
        code = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"https?://|@import|url\(|//\w+\.\w", code) == [], path


def test_pages_have_the_landmarks_that_screen_readers_need(client, pages):
    # Catches a page without language, title, skip link, or exactly one main heading.
    for page in pages:
        markup = html(client.get(page))
        assert '<html lang="en">' in markup
        assert re.search(r"<title>\S[^<]+ – Image search</title>", markup), page
        assert markup.count("<h1") == 1, page
        assert 'href="#main"' in markup
        assert '<main id="main"' in markup
        assert all(" alt=" in image for image in re.findall(r"<img[^>]*>", markup))
        ids = re.findall(r'\sid="([^"]+)"', markup)
        assert len(ids) == len(set(ids)), page
        labels = set(re.findall(r'<label for="([^"]+)"', markup))
        assert labels <= set(ids), page


def test_every_page_warns_of_untrained_weights(client, pages, monkeypatch):
    # Catches rankings of random weights that look as if they meant something.
    banner = "Trial mode: the network is untrained."
    for page in pages:
        assert banner not in text(client.get(page)), page
    monkeypatch.setattr("tests.catalog.stand_in.StandIn.trained", False)
    for page in pages:
        assert banner in text(client.get(page)), page


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("vi", "vi"), ("vi-VN,vi;q=0.9,en;q=0.5", "vi"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_the_browser_chooses_the_language(client, pages, accepted, language):
    # Catches a fixed language, and a language that was not asked for.
    markup = html(client.get("/", headers={"accept-language": accepted}))
    assert f'<html lang="{language}">' in markup
    assert ("Tìm kiếm" in markup) == (language == "vi")


def test_the_switch_wins_over_the_browser_and_comes_back(client, pages):
    # Catches a switch that leads elsewhere, or forgets.
    english = {"accept-language": "en"}
    page = "/images/?name=image&page=1"
    assert 'name="next" value="/images/?name=image&amp;page=1"' in html(client.get(page))
    response = client.post(
        reverse("set_language"), {"language": "vi", "next": page}, headers=english
    )
    assert response.status_code == 302
    assert response.url == page
    assert '<html lang="vi">' in html(client.get(page, headers=english))


def test_the_switch_leads_to_no_other_host(client, db):
    # Catches an open redirect.
    there = "https://elsewhere.example/"
    response = client.post(reverse("set_language"), {"language": "vi", "next": there})
    assert "elsewhere" not in response.get("Location", "")


@pytest.mark.parametrize(
    ("accepted", "words"), [("en", "Page not found"), ("vi", "Không tìm thấy trang")]
)
def test_an_unknown_address_gets_a_page_with_a_way_on(client, db, accepted, words):
    # Catches the bare "Not Found" of the framework.
    response = client.get("/nowhere/", headers={"accept-language": accepted})
    assert response.status_code == 404
    assert words in text(response)
    assert 'href="/images/"' in html(response)


def test_a_form_from_elsewhere_is_refused_in_words(db):
    # Catches a page of the framework that explains itself to developers.
    response = Client(enforce_csrf_checks=True).post("/", {})
    assert response.status_code == 403
    assert "The form could not be accepted" in text(response)


@pytest.mark.parametrize(("accepted", "words"), [("en", "went wrong"), ("vi", "Đã có lỗi")])
def test_a_crash_shows_no_trace(client, db, monkeypatch, accepted, words):
    # Catches an error page that needs what is broken, or shows what it should not.
    def crash(*args, **kwargs):
        raise RuntimeError("the secret of the database")

    monkeypatch.setattr(views, "show_home", crash)
    client.raise_request_exception = False
    response = client.get("/", headers={"accept-language": accepted})
    assert response.status_code == 500
    assert words in text(response)
    assert "secret" not in html(response)
    assert 'href="/static/sis/style.css"' in html(response)
    assert INLINE.findall(html(response)) == []


def test_a_request_for_another_host_is_refused_in_words(client, db):
    # Catches the framework's own bare answer.
    response = client.get("/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "could not be understood" in text(response)


def test_the_evaluation_is_linked_once_it_has_pages(client, pages):
    # Catches a dead link before, and a missing one after.
    try:
        address = reverse("evaluation:index")
    except NoReverseMatch:
        assert "Evaluation" not in text(client.get("/"))
    else:
        assert f'href="{address}"' in html(client.get("/"))
