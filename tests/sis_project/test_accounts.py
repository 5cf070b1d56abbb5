"""Signing in and out: our own pages, where they lead, and quickstart's key."""

import threading

import pytest
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.test import Client

from sis_project.accounts import OneTimeKey, one_time_key
from tests.pages import html, text

pytestmark = pytest.mark.django_db

PASSWORD = "nhà-ga-Hà-Nội-1902"


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_superuser("minh", password=PASSWORD)


def sign_in(client: Client, **fields: str):
    return client.post("/login/", {"username": "minh", "password": PASSWORD} | fields)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_page_leads_back_to_where_one_came_from(client, user):
    # Catches a way in that loses the page, and a page that is not in our frame.
    page = client.get("/evaluation/?sort=map")
    assert 'href="/login/?next=%2Fevaluation%2F%3Fsort%3Dmap"' in html(page)
    form = client.get("/login/?next=%2Fevaluation%2F%3Fsort%3Dmap")
    assert '<header class="site-header">' in html(form)
    assert 'name="next" value="/evaluation/?sort=map"' in html(form)
    assert sign_in(client, next="/evaluation/?sort=map").url == "/evaluation/?sort=map"
    assert "minh" in text(client.get("/"))


def test_the_page_speaks_vietnamese(client):
    # Catches Django's own English form.
    page = client.get("/login/", headers={"accept-language": "vi"})
    assert "Đăng nhập" in text(page)
    assert "Mật khẩu" in text(page)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"],
)
def test_nobody_is_led_to_another_site(client, user, elsewhere):
    # Catches a link that signs somebody in and takes them to a copy of this site.
    assert sign_in(client, next=elsewhere).url == "/"


def test_a_wrong_password_is_told_without_saying_what_was_wrong(client, user):
    # Catches a page that tells which names exist.
    answers = [text(sign_in(client, username=name, password="x")) for name in ("minh", "nobody")]
    assert "Please enter a correct username and password" in answers[0]
    assert answers[0].replace("minh", "nobody") == answers[1]
    assert not is_signed_in(client)


def test_signing_out_is_a_button(client, user):
    # Catches a link of any page that signs people out.
    client.force_login(user)
    assert 'action="/logout/" method="post"' in html(client.get("/"))
    assert client.get("/logout/").status_code == 405
    assert is_signed_in(client)
    assert client.post("/logout/").url == "/"
    assert not is_signed_in(client)


def test_a_page_that_an_account_may_not_see_offers_another(client, django_user_model):
    # Catches a circle between the administration and the log-in page.
    client.force_login(django_user_model.objects.create_user("lan"))
    page = client.get("/login/?next=/admin/")
    assert "You are signed in as lan." in text(page)


def test_cookies_are_out_of_reach_of_scripts(client, user):
    # Catches a session that a script or another site can take along.
    cookie = sign_in(client).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(project.AUTH_PASSWORD_VALIDATORS) == 4


@pytest.fixture
def key() -> str:
    return one_time_key.issue()


def test_quickstarts_key_signs_the_administrator_in_once(client, user, key):
    # Catches a key that works again for whoever finds it in the history of the browser.
    address = f"/sign-in/{key}/"
    for look in (client.get, client.head, client.get):
        assert look(address).status_code == 200
    assert "Sign in as minh" in text(client.get(address))
    assert not is_signed_in(client)
    assert client.post(address).url == "/"
    assert is_signed_in(client)
    other = Client()
    for use in (other.get, other.post):
        assert use(address).status_code == 404
    assert not is_signed_in(other)


@pytest.mark.parametrize(
    "case", ["wrong key", "another machine", "a proxy", "production", "an account that is off"]
)
def test_the_key_opens_nothing_else(client, user, key, settings, case):
    # Catches a way in for other machines, in production, and for an account that was closed.
    extra = {}
    match case:
        case "wrong key":
            key = "x" * 43
        case "another machine":
            extra = {"REMOTE_ADDR": "203.0.113.5"}
        case "a proxy":
            extra = {"HTTP_X_FORWARDED_FOR": "203.0.113.5"}
        case "production":
            settings.SIS_PRODUCTION = True
        case "an account that is off":
            get_user_model().objects.update(is_active=False)
    for use in (client.get, client.post):
        assert use(f"/sign-in/{key}/", **extra).status_code == 404
    assert not is_signed_in(client)


def test_of_many_at_once_one_takes_the_key():
    # Catches a check and a use with a gap between them.
    keys = OneTimeKey()
    key, taken, ready = keys.issue(), [], threading.Barrier(8)

    def take() -> None:
        ready.wait()
        taken.append(keys.take(key))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]
