"""The search from the command line, the export, and the purge."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.models import Collection
from catalog.pixels import decode
from search.engines import reset_engines
from search.models import Query
from tests.helpers import add_image, encoded, picture, unit_vectors
from tests.scenes import scene
from tests.search.proven import COLOURS, fill_with_views


@pytest.fixture(autouse=True)
def fresh_engines():
    reset_engines()


def run(*args) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(picture(3, size=(300, 200))))
    return str(path)


@pytest.fixture
def filled(collection, photo, real_descriptor):
    """Four images; the second has the vector of the photo, by the real network."""
    with Path(photo).open("rb") as file:
        own = real_descriptor.describe([decode(file).pixels])[0]
    vectors = unit_vectors(4, seed=1)
    vectors[1] = own
    return [add_image(collection, f"dir/ảnh {n}", vector=v) for n, v in enumerate(vectors)]


def test_json_is_the_documented_object(filled, photo):
    answer = json.loads(run("search_images", photo, "--top", "2", "--format", "json"))
    assert list(answer) == ["recipe", "model_id", "collection", "hits"]
    assert answer["model_id"] == "vgg16/untrained/float32"
    assert answer["collection"] is None
    first = answer["hits"][0]
    assert list(first) == ["rank", "id", "name", "distance"]
    assert (first["rank"], first["id"], first["name"]) == (1, filled[1].pk, "dir/ảnh 1")
    assert 0 <= first["distance"] <= 1e-3
    assert len(answer["hits"]) == 2


def test_csv_and_table_tell_the_same(filled, photo):
    rows = list(csv.DictReader(io.StringIO(run("search_images", photo, "--format", "csv"))))
    table = [line.split(maxsplit=3) for line in run("search_images", photo).splitlines()]
    assert [row["name"] for row in rows] == [line[3] for line in table]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]


def test_a_box_is_searched_alone(filled, photo):
    answer = json.loads(run("search_images", photo, "--box=0,0,60,60", "--format=json"))
    distance = next(hit["distance"] for hit in answer["hits"] if hit["id"] == filled[1].pk)
    assert distance > 1e-3


def test_a_collection_is_named_in_the_answer(filled, photo):
    Collection.objects.create(slug="empty")
    answer = json.loads(run("search_images", photo, "--collection=places", "--format=json"))
    assert answer["collection"] == "places"
    with pytest.raises(CommandError, match="no pictures with features"):
        run("search_images", photo, "--collection=empty")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["/nowhere.jpg"], r"/nowhere\.jpg cannot be read \(No such file"),
        (["PHOTO", "--collection=x"], "no collection “x”. Collections: places"),
        (["PHOTO", "--box=1,2"], "not four numbers"),
        (["PHOTO", "--box=900,900,950,950"], "leaves nothing"),
        (["PHOTO", "--top=0"], "not a whole number above zero"),
        (["TEXT"], r"text\.jpg: This is not a picture"),
        (["."], "cannot be read"),
    ],
)
def test_what_cannot_work_is_one_sentence(filled, photo, tmp_path, arguments, complaint):
    text = tmp_path / "text.jpg"
    text.write_text("<html>")
    arguments = [photo if a == "PHOTO" else str(text) if a == "TEXT" else a for a in arguments]
    with pytest.raises(CommandError, match=complaint) as caught:
        run("search_images", *arguments)
    assert "\n" not in str(caught.value)


def test_exported_vectors_stand_beside_their_names(filled, tmp_path):
    add_image(filled[0].collection, "outdated", vector=unit_vectors(1)[0], model_id="other")
    path = tmp_path / "out.npz"
    assert "4 vectors" in run("export_features", str(path))
    with np.load(path, allow_pickle=False) as data:
        assert set(data) == {"names", "vectors", "model_id"}
        assert str(data["model_id"]) == "vgg16/untrained/float32"
        assert data["vectors"].dtype == np.float32
        assert data["vectors"].shape == (4, 4096)
        for image in filled:
            row = data["names"].tolist().index(image.name)
            assert np.array_equal(data["vectors"][row], image.fc6)


@pytest.mark.django_db
def test_an_export_that_cannot_be_leaves_nothing(tmp_path, filled):
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_features", str(tmp_path / "no" / "out.npz"))
    Collection.objects.create(slug="empty")
    with pytest.raises(CommandError, match="no current features"):
        run("export_features", str(tmp_path / "out.npz"), "--collection=empty")
    assert not list(tmp_path.glob("*.npz*"))


def test_purge_forgets_old_queries_with_their_pictures(
    db, media, django_capture_on_commit_callbacks
):
    queries = []
    for _ in range(2):
        query = Query(width=1, height=1)
        query.picture.save("p.jpg", ContentFile(b"x"))
        queries.append(query)
    Query.objects.filter(pk=queries[0].pk).update(created_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert "1 query deleted" in run("purge_queries", "--days=7")
    assert list(Query.objects.all()) == [queries[1]]
    assert [path.stem for path in (media / "queries").iterdir()] == [str(queries[1].pk)]


def test_a_search_with_geometry_tells_the_points(collection, tmp_path):
    fill_with_views(collection)
    path = tmp_path / "house.png"
    path.write_bytes(encoded(scene(1), "PNG"))
    asked = ("search_images", str(path), "--recipe", f"{COLOURS}+geometry")
    hits = json.loads(run(*asked, "--format", "json"))["hits"]
    assert [hit["proven_points"] > 7 for hit in hits] == [True] * 3 + [False] * 3
    table = run(*asked).splitlines()[0].split()
    assert table[2] == str(hits[0]["proven_points"])
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv"))))
    assert [int(row["proven_points"]) for row in rows] == [hit["proven_points"] for hit in hits]
