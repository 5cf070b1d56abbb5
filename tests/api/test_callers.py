"""Tokens, and what callers may do."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api.models import Token
from catalog.models import Collection
from tests.pages import html, text

from .conftest import post, problem

COLLECTIONS = "/api/collections/"
NEW = {"slug": "new", "title": "Neu"}


def bearer(secret: str) -> Client:
    return Client(headers={"authorization": f"Bearer {secret}"})


def test_a_change_needs_a_token_and_a_permission(client, caller):
    # Catches an interface that is open because pages are.
    found = problem(post(client, COLLECTIONS, NEW), 401)
    assert "Authorization: Bearer" in found["detail"]
    refused = post(caller(name="nobody"), COLLECTIONS, NEW)
    assert "catalog.add_collection" in problem(refused, 403)["detail"]
    assert not Collection.objects.exists()
    made = post(caller("catalog.add_collection"), COLLECTIONS, NEW)
    assert made.status_code == 201
    assert made.json()["images"] == 0
    problem(post(caller(), COLLECTIONS, NEW), 409)


def test_a_wrong_token_is_an_error_and_no_visitor(db, django_user_model):
    # Catches a program that goes on as a visitor after its token was revoked.
    user = django_user_model.objects.create_user("u")
    token, secret = Token.made(user=user, name="t")
    assert bearer(secret).get(COLLECTIONS).status_code == 200
    for wrong in ("", "x", secret[:-1], secret.upper()):
        answer = bearer(wrong).get(COLLECTIONS)
        problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert Client(headers={"authorization": f"Basic {secret}"}).get(COLLECTIONS).status_code == 401
    user.is_active = False
    user.save()
    problem(bearer(secret).get(COLLECTIONS), 401)
    user.is_active = True
    user.save()
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    problem(bearer(secret).get(COLLECTIONS), 401)
    token.delete()
    problem(bearer(secret).get(COLLECTIONS), 401)


def test_the_token_itself_is_not_kept(db, django_user_model):
    token, secret = Token.made(user=django_user_model.objects.create_user("u"), name="t")
    token.refresh_from_db()
    kept = [str(getattr(token, field.attname)) for field in Token._meta.fields]
    assert not any(secret in value for value in kept)
    assert secret.startswith(token.beginning)


def test_its_use_is_noted_to_the_hour(db, django_user_model, django_assert_num_queries):
    # Catches a write for every request.
    token, secret = Token.made(user=django_user_model.objects.create_user("u"), name="t")
    bearer(secret).get("/api/health/")
    token.refresh_from_db()
    assert timezone.now() - token.used_at < timedelta(minutes=1)
    with django_assert_num_queries(2):
        bearer(secret).get("/api/health/")


def test_whoever_is_signed_in_is_a_visitor_without_a_token(admin_client, collection):
    # Catches cookies, with which another site could act in somebody's name.
    problem(post(admin_client, COLLECTIONS, NEW), 401)
    assert not Collection.objects.filter(slug="new").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_a_page_of_another_site_needs_a_token(client, caller, collection, headers):
    # Catches uploads that use up the share of whoever looks at that page.
    body = {"examples": [{"image": 1}]}
    problem(post(client, "/api/search/", body, headers=headers), 403)
    problem(post(caller(), "/api/search/", body, headers=headers), 409)
    problem(post(client, "/api/search/", body, headers={"origin": "http://testserver"}), 409)
    assert client.get(COLLECTIONS, headers=headers).status_code == 200


class TestAdministration:
    def add(self, client, **fields):
        return client.post(reverse("admin:api_token_add"), fields, follow=True)

    def test_a_token_is_shown_once(self, admin_client, admin_user):
        response = self.add(admin_client, name="curl", user=admin_user.pk)
        token = Token.objects.get()
        shown = text(response)
        (secret,) = [word for word in shown.split() if word.startswith(token.beginning)][:1]
        assert bearer(secret).get("/api/work/").status_code == 200
        again = admin_client.get(reverse("admin:api_token_change", args=[token.pk]))
        assert again.status_code == 200
        assert secret not in html(again)

    def test_nobody_makes_a_token_for_somebody_else(self, client, admin_user, django_user_model):
        # Catches staff who become administrators by a token.
        from django.contrib.auth.models import Permission

        staff = django_user_model.objects.create_user("staff", is_staff=True)
        for codename in ("add_token", "delete_token"):
            staff.user_permissions.add(Permission.objects.get(codename=codename))
        other, _secret = Token.made(user=admin_user, name="theirs")
        client.force_login(staff)
        self.add(client, name="mine", user=admin_user.pk)
        token = Token.objects.get(name="mine")
        assert token.user == staff
        listed = text(client.get(reverse("admin:api_token_changelist")))
        assert "mine" in listed
        assert "theirs" not in listed
        gone = client.post(reverse("admin:api_token_delete", args=[other.pk]), {"post": "yes"})
        assert gone.status_code == 302
        assert Token.objects.filter(pk=other.pk).exists()
        client.post(reverse("admin:api_token_delete", args=[token.pk]), {"post": "yes"})
        assert not Token.objects.filter(pk=token.pk).exists()
