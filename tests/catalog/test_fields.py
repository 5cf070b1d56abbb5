"""`VectorField`: what goes into a database row must come back, and nothing unusable gets in."""

import json

import numpy as np
import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.writer import MigrationWriter
from django.test.utils import CaptureQueriesContext

from catalog.fields import VectorField
from catalog.models import Collection, Image, VectorChange
from catalog.vectors import VectorError
from tests.catalog.conftest import loads_vectors
from tests.helpers import add_image, unit_vectors

ONES = np.ones(4096)


def with_component(value: float) -> np.ndarray:
    vector = ONES.copy()
    vector[7] = value
    return vector


def test_a_vector_comes_back_bit_for_bit(collection):
    # Catches a lossy codec, another dtype, a reshaped or writeable result.
    vector = unit_vectors(1)[0]
    image = add_image(collection, "a", vector=vector)
    stored = Image.objects.get(pk=image.pk).fc6
    assert stored.tobytes() == vector.tobytes()
    assert (stored.dtype, stored.shape) == (np.float32, (4096,))
    assert not stored.flags.writeable


def test_none_stays_none(collection):
    # Catches None stored as an empty byte string, which `isnull` filters would not find.
    image = add_image(collection, "a")
    assert Image.objects.get(pk=image.pk).fc6 is None
    assert Image.objects.filter(fc6__isnull=True).count() == 1


@pytest.mark.parametrize(
    "given",
    [
        np.arange(4096, dtype=">f4"),
        np.arange(4096, dtype=">f8"),
        np.arange(8192, dtype=np.float32).reshape(4096, 2)[:, 0] / 2,
        np.arange(4096, dtype=np.float32)[::-1][::-1],
        list(range(4096)),
        np.arange(4096, dtype="<f4").tobytes(),
        memoryview(np.arange(4096, dtype="<f4").tobytes()),
    ],
    ids=["big-endian", "big-endian double", "column", "reversed twice", "list", "bytes", "view"],
)
def test_every_form_of_the_same_numbers_is_stored_alike(collection, given):
    # Catches taking an array's memory as it lies instead of its elements.
    image = add_image(collection, "a", vector=given)
    assert Image.objects.get(pk=image.pk).fc6.tolist() == list(range(4096))


UNUSABLE = {
    "too short": np.ones(4095),
    "a row of a matrix": np.ones((1, 4096)),
    "NaN": with_component(np.nan),
    "infinity": with_component(-np.inf),
    "infinite once it is float32": with_component(1e39),
    "bytes of another length": b"\0" * 100,
    "bytes of NaN": np.full(4096, np.nan, dtype="<f4").tobytes(),
}


@pytest.mark.parametrize("value", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_vectors_are_refused_on_save(collection, value):
    # Catches a check that only forms run, or that runs before the cast to float32.
    image = add_image(collection, "a", vector=ONES)
    image.fc6 = value
    with pytest.raises(VectorError), transaction.atomic():
        image.save()
    with pytest.raises(VectorError), transaction.atomic():
        Image.objects.filter(pk=image.pk).update(fc6=value)
    assert Image.objects.get(pk=image.pk).fc6.tolist() == ONES.tolist()


@pytest.mark.parametrize("value", [None, ONES], ids=["none", "vector"])
def test_full_clean_takes_a_vector_and_none(collection, value):
    # Catches comparing an array with the inherited empty values, whose truth is ambiguous.
    image = add_image(collection, "a", vector=value)
    image.full_clean()
    field = Image._meta.get_field("fc6")
    cleaned = field.clean(value, image)
    assert cleaned is None if value is None else cleaned.tolist() == value.tolist()


@pytest.mark.parametrize("value", [*UNUSABLE.values(), "no base64!", "AAAA"])
def test_cleaning_an_unusable_vector_is_a_validation_error(value):
    with pytest.raises(ValidationError, match="Not a vector of 4096 components"):
        Image._meta.get_field("fc6").clean(value, None)


def test_dumpdata_and_loaddata_keep_vectors(collection, tmp_path):
    # Catches an array put into JSON as its repr, and None that comes back as an empty vector.
    vector = unit_vectors(1, seed=3)[0]
    add_image(collection, "with", vector=vector)
    add_image(collection, "without")
    fixture = tmp_path / "catalog.json"
    # Changes are what the triggers wrote here; loading the images makes them write their own.
    dump = {"output": str(fixture), "verbosity": 0}
    call_command("dumpdata", "catalog", **dump)
    assert {row["model"] for row in json.loads(fixture.read_text())} >= {"catalog.image"}
    Collection.objects.all().delete()
    assert not Image.objects.exists()
    call_command("loaddata", str(fixture), verbosity=0)
    assert Image.objects.get(name="with").fc6.tobytes() == vector.tobytes()
    assert Image.objects.get(name="without").fc6 is None
    loaded = Image.objects.values_list("pk", flat=True).get(name="with")
    assert VectorChange.objects.filter(image_id=loaded).exists()


def test_serializing_a_deferred_vector_fetches_it(collection):
    # Catches a dump of a plain list of images that leaves their vectors out.
    vector = unit_vectors(1)[0]
    add_image(collection, "a", vector=vector)
    [row] = serializers.deserialize("json", serializers.serialize("json", Image.objects.all()))
    assert row.object.fc6.tobytes() == vector.tobytes()


def test_deconstruct_and_the_migration_writer_keep_the_length():
    # Catches a `dim` that migrations lose, so that every makemigrations finds a change.
    field = VectorField("vector", dim=12, null=True)
    _name, path, args, kwargs = field.deconstruct()
    again = VectorField(*args, **kwargs)
    assert path == "catalog.fields.VectorField"
    assert (again.dim, again.null) == (12, True)
    assert "dim=12" in MigrationWriter.serialize(field)[0]


def test_models_and_migrations_agree(db):
    call_command("makemigrations", "catalog", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("dim", [0, -1, 2.5, "12", None])
def test_a_bad_length_is_a_system_check(dim):
    field = VectorField(dim=dim)
    field.set_attributes_from_name("vector")
    field.model = Image
    assert "catalog.E001" in [error.id for error in field.check()]


def test_the_shipped_fields_pass_their_check():
    assert Image._meta.get_field("fc6").check() == []


def test_refresh_from_db_reads_the_new_vector(collection):
    # Catches a stale array after another process stored a new one.
    old, new = unit_vectors(2)
    image = add_image(collection, "a", vector=old)
    Image.objects.filter(pk=image.pk).update(fc6=new)
    image.refresh_from_db()
    assert image.fc6.tobytes() == new.tobytes()
    Image.objects.filter(pk=image.pk).update(fc6=None)
    image.refresh_from_db(fields=["fc6"])
    assert image.fc6 is None


def test_lists_leave_vectors_in_the_database(collection, no_vectors_loaded):
    # Catches a default manager that loads 16 KB a row into every list.
    add_image(collection, "a", vector=ONES)
    with no_vectors_loaded():
        assert [image.name for image in Image.objects.all()] == ["a"]
        assert [image.name for image in collection.images.order_by("-pk")] == ["a"]
        assert Image.objects.select_related("collection").get(name="a").width == 64
        assert Image.objects.filter(fc6__isnull=False).count() == 1


def test_vectors_are_fetched_when_asked_for(collection):
    # Also shows that the inspection above does see a query that loads vectors.
    add_image(collection, "a", vector=ONES)
    with CaptureQueriesContext(connection) as queries:
        [image] = Image.objects.defer(None)
        assert image.fc6.tolist() == ONES.tolist()
    assert [loads_vectors(query["sql"]) for query in queries] == [True]
    with CaptureQueriesContext(connection) as queries:
        assert Image.objects.get().fc6.tolist() == ONES.tolist()
    assert [loads_vectors(query["sql"]) for query in queries] == [False, True]


def test_saving_a_listed_image_leaves_its_vector_alone(collection):
    # Catches a deferred vector that a save() writes back as None.
    add_image(collection, "a", vector=ONES)
    image = Image.objects.get()
    image.source_name = "moved.jpg"
    image.save()
    assert Image.objects.get(source_name="moved.jpg").fc6.tolist() == ONES.tolist()
