"""Errors below /api/, whoever answers."""

import pytest
from django.db import OperationalError

from .conftest import post, problem


@pytest.mark.parametrize("language", ["en", "vi"])
def test_problems_speak_the_language_of_the_caller(client, db, language):
    found = problem(client.get("/api/nothing/", headers={"accept-language": language}), 404)
    expected = {"en": "There is nothing at this address.", "vi": "Không có gì ở địa chỉ này."}
    assert found["detail"] == expected[language]


def test_what_django_answers_is_a_problem_too(client, db):
    # Catches pages of HTML for programs.
    answer = client.put("/api/search/")
    problem(answer, 405)
    assert "POST" in answer.headers["Allow"]
    problem(client.post("/api/search/", "{", content_type="application/json"), 400)
    problem(client.get("/api/images/?page=x"), 422)
    problem(client.post("/api/search/", {"examples": "1"}), 415)
    odd = "application/json; charset=hex"
    problem(client.generic("POST", "/api/search/", b"{}", content_type=odd), 400)


def test_a_database_that_is_away_is_said_to_be(client, db, monkeypatch):
    def away(*_args, **_options):
        raise OperationalError("could not connect to server")

    monkeypatch.setattr("api.routes.collections.collection_out", away)
    from catalog.models import Collection

    Collection.objects.create(slug="c")
    answer = client.get("/api/collections/")
    assert "database" in problem(answer, 503)["detail"]
    assert answer.headers["Retry-After"]


def test_a_mistake_of_ours_is_told_without_its_trace(client, db, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("secret")

    client.raise_request_exception = False
    monkeypatch.setattr("api.routes.search.answered", fail)
    answer = post(client, "/api/search/", {"examples": [{"image": 1}]})
    assert "secret" not in str(problem(answer, 500))


def test_head_is_answered_as_get(client, db):
    answer = client.head("/api/health/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.head("/api/search/").status_code == 405


def test_pages_are_not_problems(client, db):
    assert client.get("/apiary/").headers["Content-Type"].startswith("text/html")
