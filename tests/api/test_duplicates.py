"""Duplicates by program."""

import pytest

from tests.search.duplicates.made import made_scan

from .conftest import problem

ADDRESS = "/api/collections/places/duplicates/"


def test_programs_read_groups_and_start_comparisons(client, caller, collection):
    problem(client.get(ADDRESS), 409)
    made_scan(collection)
    found = client.get(ADDRESS).json()
    assert [[one["name"] for one in group] for group in found["groups"]] == [["p1", "p0", "p2"]]
    assert (found["compared"], found["suggested"]) == (5, pytest.approx(0.2))
    assert len(client.get(ADDRESS, {"distance": 0.4}).json()["groups"]) == 2
    problem(client.get(ADDRESS, {"distance": 5}), 409)
    problem(client.get(ADDRESS, {"distance": "nan"}), 422)
    problem(client.get("/api/collections/nowhere/duplicates/"), 404)
    problem(client.post(ADDRESS), 401)
    problem(caller().post(ADDRESS), 403)
    assert "Extract" in problem(caller("search.add_duplicatescan").post(ADDRESS), 409)["detail"]
