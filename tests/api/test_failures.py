"""What programs are told where something is gone, away, refused or cancelled."""

import uuid

import pytest
from django.db import DatabaseError

from catalog.descriptors import DescriptorError
from catalog.imports.report import ImportReport
from catalog.imports.sources import ImportRefused
from catalog.pixels import Fault, PictureError
from tests.helpers import encoded, picture
from tests.pages import fill, stored_query, upload
from work.models import Job, State

from .conftest import post, problem

IMAGES = "/api/images/"


def test_a_job_is_cancelled_by_whoever_asked_for_it(caller):
    asker = caller(name="asker")
    asker.get("/api/work/")  # the account is made with the client
    from django.contrib.auth.models import User

    job = Job.objects.create(kind="unheard of", asked_by=User.objects.get(username="asker"))
    problem(caller("work.view_job", name="other").post(f"/api/work/{job.pk}/cancel/"), 403)
    answer = asker.post(f"/api/work/{job.pk}/cancel/")
    assert answer.json()["state"] == State.CANCELLED
    problem(asker.post("/api/work/999/cancel/"), 404)


def test_a_database_without_answer_is_no_health(client, db, monkeypatch):
    class Away:
        def cursor(self):
            raise DatabaseError("gone")

    monkeypatch.setattr("api.routes.health.connection", Away())
    assert "database" in problem(client.get("/api/health/"), 503)["detail"]


class TestAdding:
    def send(self, caller, collection, content=b"x"):
        body = {"collection": collection.slug, "pictures": upload(content)["picture"]}
        return caller("catalog.add_image").post(IMAGES, body)

    def test_a_storage_that_is_full_is_said(self, caller, collection, monkeypatch):
        def stopped(**_asked):
            return ImportReport(stopped="The disk is full.")

        monkeypatch.setattr("api.routes.images.add_pictures", stopped)
        assert problem(self.send(caller, collection), 503)["detail"] == "The disk is full."

    def test_an_import_that_is_refused_is_said(self, caller, collection, monkeypatch):
        def refused(**_asked):
            raise ImportRefused("Another import is running.")

        monkeypatch.setattr("api.routes.images.add_pictures", refused)
        assert "Another import" in problem(self.send(caller, collection), 503)["detail"]

    def test_a_collection_that_is_not_there_is_said(self, caller, collection):
        collection.slug = "nowhere"
        assert "nowhere" in problem(self.send(caller, collection), 409)["detail"]

    def test_a_file_over_the_limit_is_skipped_by_name(self, caller, collection, settings):
        settings.SIS_MAX_UPLOAD_BYTES = 100
        large = self.send(caller, collection, encoded(picture(1, size=(300, 200))))
        problem(large, 422)  # the only file was dropped


def test_an_upload_over_the_limit_is_too_large(client, collection, settings):
    fill(collection, 2)
    settings.SIS_MAX_UPLOAD_BYTES = 2000
    small, large = encoded(picture(1, size=(40, 40))), encoded(picture(1, size=(900, 700)))
    files = [upload(small, "a.jpg")["picture"], upload(large, "b.jpg")["picture"]]
    found = problem(client.post("/api/search/upload/", {"pictures": files}), 413)
    assert "b.jpg" in found["detail"]


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (PictureError(Fault.BUSY, "No room."), 503, True),
        (PictureError(Fault.MISSING, "Gone."), 404, False),
        (DescriptorError("No weights."), 503, False),
    ],
)
def test_what_describing_raises_is_told(client, collection, monkeypatch, error, status, retry):
    def fail(**_asked):
        raise error

    fill(collection, 2)
    monkeypatch.setattr("api.routes.search.create_queries", fail)
    answer = client.post("/api/search/queries/", upload(b"x"))
    assert problem(answer, status)["detail"] == str(error)
    assert ("Retry-After" in answer.headers) == retry


def test_parts_of_what_is_gone(client, collection):
    fill(collection, 2)
    box = [0, 0, 20, 20]
    for of in ({"query": str(uuid.uuid4())}, {"image": 999}):
        problem(post(client, "/api/search/parts/", {"of": of, "box": box}), 409)
    query = stored_query()
    wrong = {"of": {"query": str(query.pk)}, "box": box, "recipe": "magic"}
    assert "magic" in problem(post(client, "/api/search/parts/", wrong), 409)["detail"]
    flat = {"of": {"query": str(query.pk)}, "box": [5, 5, 5, 9]}
    assert "no area" in problem(post(client, "/api/search/parts/", flat), 409)["detail"]
    problem(client.delete(f"/api/search/queries/{uuid.uuid4()}/"), 404)


def test_too_many_marks_are_told(client, collection):
    (image,) = fill(collection, 1)
    body = {"examples": [{"image": image.pk}], "like": list(range(1, 151))}
    body["unlike"] = list(range(151, 302))
    problem(post(client, "/api/search/", body), 422)


def test_a_recipe_that_is_expanded_already_is_not_once_more(client, collection, settings):
    settings.SIS_RECIPES = {
        "grown": {"PARTS": ["fc6"], "EXPANSION": {"METHOD": "average", "N": 2}},
        "two": {"PARTS": {"fc6": 1, "colour-layout": 1}},
    }
    (image,) = fill(collection, 1)
    body = {"examples": [{"image": image.pk}], "recipe": "grown", "expand": 5}
    assert "cannot be expanded" in problem(post(client, "/api/search/", body), 409)["detail"]
    vector = {"vector": [1.0], "recipe": "two"}
    assert "one descriptor" in problem(post(client, "/api/search/vector/", vector), 409)["detail"]
