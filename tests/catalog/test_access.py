"""For whom parts of the site are: settings, addresses of each kind, caches, ready groups."""

import re

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from api.models import Token
from catalog.access import Area, may_enter
from catalog.models import Collection, Image
from catalog.visibility import Scope, hidden_from
from search.services import find_similar
from sis_project.environment import for_whom
from sis_project.groups import READY_GROUPS, make_groups
from tests.helpers import add_image
from tests.pages import describe_all, fill, stored_query, use_stand_in

PASSWORD = "một-mật-khẩu-dài-9"
# An address of each area, and of those that ask by themselves.
SEARCHING = ("/", "/images/", "/images/{}/", "/images/{}/thumbnail/grid/", "/recipes/")
EVALUATING = ("/evaluation/", "/evaluation/trials/", "/evaluation/recipes/")


@pytest.fixture
def image(collection, monkeypatch) -> Image:
    use_stand_in(monkeypatch)
    images = fill(collection, 3)
    describe_all()
    return images[0]


def client_of(*groups: str) -> Client:
    user = User.objects.create_user(f"of {groups}", password=PASSWORD)
    user.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in groups))
    client = Client()
    client.force_login(user)
    return client


def statuses(client: Client, image: Image, addresses: tuple[str, ...]) -> set[int]:
    return {client.get(one.format(image.pk)).status_code for one in addresses}


def test_everything_is_open_unless_settings_say_otherwise(client, image):
    assert statuses(client, image, (*SEARCHING, *EVALUATING)) == {200}
    assert client.get(f"/images/{image.pk}/original/").status_code == 200


def test_a_site_for_accounts_lets_visitors_sign_in_and_no_more(client, image, settings):
    # Catches a picture, an answer or a robot that comes in beside the log-in page.
    settings.SIS_SEARCH_FOR = ["accounts"]
    everything = (*SEARCHING, *EVALUATING, f"/search/{stored_query().pk}/", "/images/{}/original/")
    assert statuses(client, image, everything) == {302}
    response = client.get("/images/")
    assert response["Location"] == "/login/?next=/images/"
    page = client.get("/login/").content.decode()
    assert "need no account" not in page
    assert "/images/" not in page
    assert b"Disallow: /\n" in client.get("/robots.txt").content
    assert client.get("/api/images/").status_code == 401
    assert client.get("/api/health/").status_code == 200
    assert statuses(client_of(), image, everything) == {200}


def test_a_site_for_groups_refuses_other_accounts(client, image, settings):
    settings.SIS_SEARCH_FOR = ["readers", "keepers"]
    other, reader = client_of("others"), client_of("readers")
    assert statuses(other, image, SEARCHING) == {403}
    assert statuses(reader, image, SEARCHING) == {200}
    user = User.objects.get(username="of ('others',)")
    _row, secret = Token.made(user=user, name="t")
    named = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/images/", headers=named).status_code == 403
    root = User.objects.create_superuser("root")
    assert may_enter(root, Area.SEARCH)


def test_originals_and_the_evaluation_have_settings_of_their_own(client, image, settings):
    settings.SIS_ORIGINALS_FOR, settings.SIS_EVALUATION_FOR = ["accounts"], ["evaluator"]
    original = f"/images/{image.pk}/original/"
    assert statuses(client, image, SEARCHING) == {200}
    assert client.get(original).status_code == 302
    assert original not in client.get(f"/images/{image.pk}/").content.decode()
    assert statuses(client, image, EVALUATING) == {302}
    assert 'href="/evaluation/"' not in client.get("/").content.decode()
    assert client.get("/api/evaluation/runs/").status_code == 401
    account = client_of()
    assert account.get(original).status_code == 200
    assert statuses(account, image, EVALUATING) == {403}
    assert statuses(client_of("evaluator"), image, EVALUATING) == {200}


@pytest.mark.parametrize("named", [[], ["everyone", "accounts"], ["accounts", "readers"]])
def test_what_means_nothing_is_refused_at_the_start(named):
    with pytest.raises(ImproperlyConfigured, match="SIS_SEARCH_FOR"):
        for_whom("SIS_SEARCH_FOR", named)
    assert for_whom("SIS_SEARCH_FOR", ["readers"]) == ["readers"]


def test_shared_caches_keep_what_everybody_may_see_and_nothing_else(client, image, settings):
    # Catches a proxy that hands a hidden picture to the next visitor.
    settings.SIS_SHARED_CACHES = True
    thumbnail, original = (f"/images/{image.pk}/{what}/" for what in ("thumbnail/grid", "original"))

    def kept(address: str, asking: Client) -> str:
        return asking.get(address)["Cache-Control"].partition(",")[0]

    assert kept(thumbnail, client) == kept(original, client) == "public"
    assert "Cookie" not in client.get(thumbnail).get("Vary", "")
    settings.SIS_ORIGINALS_FOR = ["accounts"]
    member = client_of("readers")
    assert (kept(thumbnail, member), kept(original, member)) == ("public", "private")
    image.collection.groups.add(Group.objects.get(name="readers"))
    assert kept(thumbnail, member) == "private"
    assert client.get(thumbnail).status_code == 404
    image.collection.groups.clear()
    settings.SIS_SEARCH_FOR = ["accounts"]
    assert kept(thumbnail, member) == "private"


def test_a_search_in_everything_searches_what_is_seen(image, collection):
    # Catches an engine that ranks hidden pictures, and only a page that leaves them out.
    hidden = Collection.objects.create(slug="hidden")
    add_image(hidden, "secret", seed=1)
    describe_all()
    hidden.groups.add(Group.objects.create(name="readers"))
    assert hidden_from(AnonymousUser()) == [hidden.pk]
    query = stored_query().vectors.get()
    described = {"fc6": np.frombuffer(query.data, "<f4")}
    seen = find_similar(described=described, scope=Scope.all_seen_by(AnonymousUser()))
    everything = find_similar(described=described)
    assert (seen.ranked, everything.ranked) == (3, 4)
    assert {hit.image.collection_id for hit in seen.hits} == {collection.pk}


@pytest.fixture
def ready_groups(db):
    """As `migrate` leaves them; a test that empties tables takes them away."""
    make_groups(Group.objects, Permission.objects)


def test_the_ready_groups_are_there_and_may_what_they_say(ready_groups):
    # Catches a permission that a release renamed: the group would silently lose it.
    for name, permissions in READY_GROUPS.items():
        user = User.objects.create_user(name)
        user.groups.add(Group.objects.get(name=name))
        assert user.get_all_permissions() == set(permissions)
    curator = User.objects.get(username="curator")
    assert not curator.has_perm("catalog.see_every_collection")


def test_a_new_collection_can_be_for_a_group_of_its_makers(ready_groups):
    # Catches a maker who cannot see what was made, and a choice of groups that are not theirs.
    maker = client_of("curator")
    Group.objects.create(name="strangers")
    page = maker.get("/collections/new/").content.decode()
    assert "curator" in page
    assert "strangers" not in page
    curator = Group.objects.get(name="curator")
    maker.post("/collections/new/", {"slug": "mine", "title": "", "groups": [curator.pk]})
    assert [group.name for group in Collection.objects.get(slug="mine").groups.all()] == ["curator"]
    assert Client().get("/images/?collection=mine").status_code == 404
    assert maker.get("/images/?collection=mine").status_code == 200


# --- Passwords ------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("en", "Change the password"), ("vi", "mật khẩu")])
def test_an_account_changes_its_password(language, word):
    client = client_of()
    address = reverse("password_change")
    page = client.get(address, headers={"accept-language": language}).content.decode()
    assert word in page
    new = {"new_password1": f"{PASSWORD}!", "new_password2": f"{PASSWORD}!"}
    refused = client.post(address, {"old_password": "wrong"} | new)
    assert refused.status_code == 200
    assert client.post(address, {"old_password": PASSWORD} | new).status_code == 302
    assert Client().login(username="of ()", password=f"{PASSWORD}!")


@pytest.mark.django_db
def test_a_forgotten_password_is_made_anew_by_a_letter(client, settings):
    settings.SIS_EMAIL_URL = "smtp://localhost"
    client_of()
    User.objects.update(email="a@example.org")
    assert reverse("password_reset") in client.get("/login/").content.decode()
    assert client.post(reverse("password_reset"), {"email": "a@example.org"}).status_code == 302
    (letter,) = mail.outbox
    (address,) = re.findall(r"http://testserver(/\S+)", letter.body)
    form = client.get(address, follow=True)
    new = {"new_password1": f"{PASSWORD}?", "new_password2": f"{PASSWORD}?"}
    assert client.post(form.request["PATH_INFO"], new, follow=True).status_code == 200
    assert Client().login(username="of ()", password=f"{PASSWORD}?")
    used = client.get(address, follow=True).content.decode()
    assert "no longer valid" in used
    client.post(reverse("password_reset"), {"email": "nobody@example.org"})
    assert len(mail.outbox) == 1


def test_without_mail_nothing_promises_a_letter(client, db):
    assert reverse("password_reset") not in client.get("/login/").content.decode()
    assert client.get(reverse("password_reset")).status_code == 404
