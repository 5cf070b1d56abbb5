"""Files that do not hold are replaced, never trusted blindly."""

import pytest

from catalog.models import Image, VectorChange
from search.engines.certified import CertifiedEngine
from tests.helpers import add_image, unit_vectors

from .starting import VECTORS, files, first_of, started, uses_file


def test_a_restored_back_up_that_reached_the_same_number_is_told_apart(images, engine_class):
    # The numbers alone agree: the same images, the same changes up to the same last one.
    backup = list(VectorChange.objects.order_by("seq"))
    started(engine_class)
    last = VectorChange.objects.order_by("-seq")[0].seq
    other = unit_vectors(1, seed=9)[0]
    Image.objects.filter(pk=images[0].pk).update(fc6=other)
    VectorChange.objects.all().delete()
    backup[-1].seq = last
    VectorChange.objects.bulk_create(backup)
    assert first_of(started(engine_class), other) == (images[0].pk, 0)


def test_a_restore_under_a_running_engine_is_noticed(images):
    engine = started()
    engine.sync()
    assert uses_file(engine)
    other = unit_vectors(1, seed=9)[0]
    Image.objects.filter(pk=images[0].pk).update(fc6=other)
    VectorChange.objects.filter(image_id__lt=0).delete()
    VectorChange.objects.filter(image_id=images[0].pk).update(seq=engine._seen)
    engine.sync()
    assert first_of(engine, other) == (images[0].pk, 0)


def test_a_database_with_other_contents_gets_its_own_file(images, var_folder, collection):
    started()
    (before,) = files(var_folder)
    Image.objects.all().delete()
    VectorChange.objects.all().delete()
    image = add_image(collection, "only", vector=VECTORS[0])
    engine = started()
    assert engine.search(VECTORS[:1], 50)[0].tolist() == [[image.pk]]
    assert files(var_folder) != [before]


def rename_the_model(path):
    path.write_bytes(path.read_bytes().replace(b"untrained", b"untrain3d"))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def replace_by_a_foreign_file(path):
    path.write_bytes(b"GIF89a" * 3000)


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".vectors", truncate),
        (".vectors", replace_by_a_foreign_file),
        (".vectors", rename_the_model),
        (".codes", truncate),
        (".codes", replace_by_a_foreign_file),
    ],
)
def test_a_damaged_file_is_replaced(images, var_folder, faiss, damage, suffix):
    started(CertifiedEngine)
    (path,) = files(var_folder, suffix)
    damage(path)
    engine = started(CertifiedEngine)
    assert uses_file(engine)
    assert first_of(engine, VECTORS[3]) == (images[3].pk, 0)
    again = started(CertifiedEngine)
    assert uses_file(again)
    assert len(files(var_folder)) == len(files(var_folder, ".codes")) == 1


def test_codes_of_other_vectors_are_not_used(images, var_folder, faiss):
    # Sizes agree, contents do not: only the mark can tell.
    started(CertifiedEngine)
    (path,) = files(var_folder, ".codes")
    old = path.read_bytes()
    Image.objects.filter(pk=images[0].pk).update(fc6=VECTORS[1])
    VectorChange.objects.filter(image_id__lt=0).delete()
    engine = started(CertifiedEngine)
    path = engine._snapshot.base.file.path.with_suffix(".codes")
    fresh = path.read_bytes()
    path.write_bytes(old)
    again = started(CertifiedEngine)
    assert path.read_bytes() == fresh
    assert again._snapshot.base.coded is not None
