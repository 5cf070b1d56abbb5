"""Callers of the interface."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from api.models import Token
from tests.pages import use_stand_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def caller(db, django_user_model):
    """Makes clients of accounts that have these permissions, each with a token of its own."""

    def make(*permissions: str, name: str = "program") -> Client:
        user, _made = django_user_model.objects.get_or_create(username=name)
        for permission in permissions:
            app, codename = permission.split(".")
            found = Permission.objects.get(content_type__app_label=app, codename=codename)
            user.user_permissions.add(found)
        _token, secret = Token.made(user=user, name="test")
        return Client(headers={"authorization": f"Bearer {secret}"})

    return make


def post(client: Client, address: str, body, **options):
    return client.post(address, json.dumps(body), content_type="application/json", **options)


def problem(response, status: int) -> dict:
    """The problem that a response is; fails where it is none of this status."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["type"] == "about:blank"
    assert found["title"]
    return found
