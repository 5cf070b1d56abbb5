"""Every address, walked by everybody: who sees it, and that nobody changes what they may not.

An address that is added must be added to the table here.
"""

import hashlib

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver

from catalog.models import Image
from evaluation.models import EvaluationRun
from tests.evaluation.views.viewing import use_describer
from tests.helpers import encoded, picture
from tests.pages import upload

from .every_address import filled, one_of_everything, patterns
from .permission_table import ROLES, table


@pytest.fixture
def rows(collection, monkeypatch) -> dict[str, str]:
    use_describer(monkeypatch)
    return one_of_everything(collection)


def client_of(role: str) -> Client:
    client = Client()
    if role == "visitor":
        return client
    user, _new = User.objects.get_or_create(username=role, is_staff=role in ("staff", "keeper"))
    if role == "keeper":
        user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    return client


def test_every_address_is_in_the_table():
    # Catches a page that is added without a thought of who may see it.
    assert set(patterns(get_resolver())) == set(table())


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_what_they_may(rows, role):
    # Catches a page that is open, or closed, by mistake.
    client, place = client_of(role), ROLES.index(role)
    found = {path: client.get(filled(path, rows)).status_code for path in table()}
    assert found == {path: codes[place] for path, codes in table().items()}


def headers_of(response: HttpResponse) -> dict[str, str]:
    # The token and the time of a cookie, and the request's number, are new each time.
    changing = ("Expires", "X-Request-ID")
    return {name: value for name, value in response.headers.items() if name not in changing}


@pytest.mark.parametrize("role", ["visitor", "keeper"])
def test_head_answers_as_get_without_a_body(rows, role):
    # Catches pages that refuse what link checkers and proxies ask.
    client = client_of(role)
    for path in table():
        address = filled(path, rows)
        shown, head = client.get(address), client.head(address)
        if shown.status_code != 405 and path != "admin/login/":  # Django's own redirects only GET
            assert head.status_code == shown.status_code, address
            assert headers_of(head) == headers_of(shown), address
            assert head.getvalue() == b"", address


# What an attempt to change sends; forms take what they know of it.
ATTEMPT = {
    "post": "yes",
    "confirmed": "yes",
    "index": "0",
    "slug": "intruder",
    "name": "intruder",
    "title": "intruder",
    "username": "intruder",
    "password1": "gì-cũng-được-8",
    "password2": "gì-cũng-được-8",
    "protocol": "standard",
    "query": "whole",
    "label": "junk",
    "_save": "Save",
}
ACTION = {"post": "yes", "confirmed": "yes", "index": "0"}
ACTIONS = ("delete_selected", "clear", "extract")


def snapshot() -> dict[str, str]:
    """A fingerprint of the rows of each table but those of sessions and stored queries."""
    found = {}
    for model in apps.get_models():
        if model._meta.label in ("sessions.Session", "search.Query", "search.QueryVector"):
            continue
        rows = sorted(map(repr, model._base_manager.values_list()))
        found[model._meta.label] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def attempts(client: Client, path: str, rows: dict[str, str]) -> None:
    address = filled(path, rows)
    benchmark = {"benchmark": rows["evaluation/benchmark"], "topic": rows["evaluation/topic"]}
    client.post(address, ATTEMPT | benchmark | upload(encoded(picture(7))))
    for model, pk in rows.items():
        if address == f"/admin/{model}/":
            for action in ACTIONS:
                client.post(address, ACTION | {"action": action, "_selected_action": [pk]})
    for method in (client.put, client.patch, client.delete):
        method(address, data="{}", content_type="application/json")


@pytest.mark.parametrize("role", ["visitor", "account", "staff", "looks only"])
def test_nobody_changes_anything_without_permission(rows, role):
    # Catches a form, an action or a method that forgets to ask.
    client = client_of("staff" if role == "looks only" else role)
    if role == "looks only":
        user = User.objects.get(username="staff")
        user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.get("/")
    before = snapshot()
    for path in table():
        if path not in ("logout/", "admin/logout/", "admin/password_change/"):
            attempts(client, path, rows)
            assert snapshot() == before, path


def test_the_attempts_would_change_something(rows):
    # Catches attempts that fail for another reason: with permission each kind of them works.
    client = client_of("keeper")
    changed = set()
    for path in ("evaluation/", "admin/catalog/collection/add/", "admin/auth/group/add/"):
        before = snapshot()
        attempts(client, path, rows)
        changed |= {name for name, value in snapshot().items() if value != before[name]}
    assert changed >= {"evaluation.EvaluationRun", "catalog.Collection", "auth.Group"}
    number = Image.objects.filter(fc6__isnull=False).count()
    clearing = ACTION | {"action": "clear", "_selected_action": [rows["catalog/image"]]}
    client.post("/admin/catalog/image/", clearing)
    assert Image.objects.filter(fc6__isnull=False).count() == number - 1
    client.post(f"/admin/evaluation/evaluationrun/{rows['runs'].split()[0]}/delete/", ATTEMPT)
    assert EvaluationRun.objects.filter(pk=rows["runs"].split()[0]).count() == 0


def test_a_benchmark_takes_no_runs_along_without_permission(rows):
    # Catches runs, each with hours of work, that go with a benchmark by a lesser permission.
    client = client_of("staff")
    user = User.objects.get(username="staff")
    user.user_permissions.add(Permission.objects.get(codename="delete_benchmark"))
    address = f"/admin/evaluation/benchmark/{rows['evaluation/benchmark']}/delete/"
    assert client.post(address, {"post": "yes"}).status_code == 403
    assert EvaluationRun.objects.count() == 2
    user.user_permissions.add(Permission.objects.get(codename="delete_evaluationrun"))
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert EvaluationRun.objects.count() == 0
