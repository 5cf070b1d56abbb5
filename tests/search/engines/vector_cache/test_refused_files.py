"""Files that do not hold are replaced, never trusted blindly."""

import os
import struct
import zlib
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.descriptors import get_descriptor
from catalog.models import Collection, Image, VectorChange
from search.engines.certified import CertifiedEngine
from search.engines.certified.engine import CodedBase
from search.index.array_file import HEADER_BYTES
from search.models import VectorFile
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
    VectorFile.objects.all().delete()
    backup[-1].seq = last
    VectorChange.objects.bulk_create(backup)
    assert first_of(started(engine_class), other) == (images[0].pk, 0)


def test_a_restore_under_a_running_engine_is_noticed(images):
    engine = started()
    engine.sync()
    assert uses_file(engine)
    other = unit_vectors(1, seed=9)[0]
    Image.objects.filter(pk=images[0].pk).update(fc6=other)
    VectorFile.objects.all().delete()
    VectorChange.objects.filter(seq=engine._seen).update(seq=0)
    VectorChange.objects.filter(image_id=images[0].pk).update(seq=engine._seen)
    engine.sync()
    assert first_of(engine, other) == (images[0].pk, 0)


def test_a_database_with_other_contents_gets_its_own_file(images, var_folder):
    # Emptied as a whole, and filled with more: only the row that is gone tells it from before.
    started()
    (before,) = files(var_folder)
    call_command("flush", interactive=False, verbosity=0)
    collection = Collection.objects.create(slug="others")
    fresh = unit_vectors(20, seed=9)
    for number, vector in enumerate(fresh):
        image = add_image(collection, f"other{number}", vector=vector)
    engine = started()
    assert engine.count() == 20
    assert first_of(engine, fresh[-1]) == (image.pk, 0)
    assert uses_file(started())
    assert before not in files(var_folder)


def test_a_row_means_nothing_where_the_changes_were_emptied(images):
    # Its revision would mean something again once the numbers have caught up with it.
    started()
    row = VectorFile.objects.get()
    other = unit_vectors(1, seed=9)[0]
    Image.objects.filter(pk=images[0].pk).update(fc6=other)
    VectorChange.objects.all().delete()
    assert first_of(started(), other) == (images[0].pk, 0)
    assert row not in VectorFile.objects.all()


def test_a_dump_vouches_for_no_file(images):
    # Loading a dump numbers all changes anew: the rows of another database would be believed.
    started()
    assert VectorFile.objects.count() == 1
    dump = StringIO()
    call_command("dumpdata", "search", stdout=dump)
    assert "vectorfile" not in dump.getvalue()


def truncated(data):
    return data[:-100]


def foreign(data):
    return b"GIF89a" * 3000


def with_a_changed_byte(data):
    return data[:-1] + bytes([data[-1] ^ 1])  # of the collections, or of the codes


def with_a_changed_row(data):
    return data[:HEADER_BYTES] + b"\x01" + data[HEADER_BYTES + 1 :]


def zeroed(data):
    return data[:HEADER_BYTES] + bytes(8192) + data[HEADER_BYTES + 8192 :]


def random_after_the_header(data):
    return data[:HEADER_BYTES] + os.urandom(len(data) - HEADER_BYTES)


def with_a_random_header(data):
    return data[:20] + os.urandom(200) + data[220:]


def of_another_version(data):
    return data[:8] + bytes([data[8] + 1]) + data[9:]


DAMAGES = [
    truncated,
    foreign,
    with_a_changed_byte,
    with_a_changed_row,
    zeroed,
    random_after_the_header,
    with_a_random_header,
    of_another_version,
]


def answers_as_it_should(engine, images):
    found, distances = engine.search(VECTORS, 1)
    assert found[:, 0].tolist() == [image.pk for image in images]
    assert not distances.any()
    assert engine.count() == len(images)
    assert engine.count(within=frozenset([images[0].collection_id])) == len(images)


@pytest.mark.parametrize("suffix", [".vectors", ".codes"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_replaced_and_the_log_says_so(
    images, var_folder, faiss, caplog, damage, suffix
):
    started(CertifiedEngine)
    (path,) = files(var_folder, suffix)
    path.write_bytes(damage(path.read_bytes()))
    engine = started(CertifiedEngine)
    assert path.name in caplog.text
    for used in (engine, started(CertifiedEngine)):
        assert uses_file(used)
        assert isinstance(used._snapshot.base, CodedBase)
        answers_as_it_should(used, images)
    assert len(files(var_folder)) == len(files(var_folder, ".codes")) == 1


@pytest.mark.parametrize("suffix", [".vectors", ".codes"])
@pytest.mark.parametrize("damage", [with_a_changed_byte, zeroed, random_after_the_header])
def test_damage_under_a_running_engine_is_noticed_by_the_next_sync(
    images, var_folder, faiss, damage, suffix
):
    started(CertifiedEngine)
    engine = started(CertifiedEngine)
    (path,) = files(var_folder, suffix)
    with path.open("r+b") as file:  # in place: the engine has this very file mapped
        data = damage(file.read())
        file.seek(0)
        file.write(data)
    engine.sync()
    answers_as_it_should(engine, images)


@pytest.mark.parametrize("suffix", [".vectors", ".codes"])
def test_damage_that_no_time_tells_of_is_found_soon_after_the_start(
    images, var_folder, engine_class, caplog, suffix
):
    # A failing disk: each process reads the file once, beside its first searches.
    started(CertifiedEngine)
    (path,) = files(var_folder, suffix)
    before = path.stat()
    path.write_bytes(with_a_changed_byte(zeroed(path.read_bytes())))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    engine = started(CertifiedEngine)
    assert path.name in caplog.text
    engine.sync()
    engine.finish()
    answers_as_it_should(engine, images)
    answers_as_it_should(started(CertifiedEngine), images)


def test_a_damaged_file_that_cannot_be_deleted_is_not_taken_again(images, var_folder, monkeypatch):
    started()
    (path,) = files(var_folder)
    before = path.stat()
    path.write_bytes(zeroed(path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    monkeypatch.setattr("search.engines.cache.delete", lambda paths: None)
    engine = started()
    engine.sync()
    engine.finish()
    engine.sync()
    assert not uses_file(engine)
    answers_as_it_should(engine, images)


def test_a_file_that_somebody_touched_stays_in_use(images, var_folder):
    # Catches a database read for every copied or restored folder.
    started()
    (path,) = files(var_folder)
    engine = started()
    path.touch()
    engine.sync()
    assert uses_file(engine)
    assert files(var_folder) == [path]
    answers_as_it_should(engine, images)


def test_a_file_of_another_mark_than_its_name_says_is_refused(images, var_folder):
    started()
    (path,) = files(var_folder)
    row = VectorFile.objects.get()
    other = VectorFile.objects.create(
        descriptor=row.descriptor, model_id=row.model_id, revision=row.revision, mark=7
    )
    renamed = path.with_name(f"{other.revision}-7.vectors")
    renamed.write_bytes(path.read_bytes())
    engine = started()
    assert not renamed.exists()
    assert engine._snapshot.base.mark == row.mark


def test_files_of_the_last_release_are_neither_used_nor_kept(images, var_folder, faiss):
    # Their marks were vector changes, which the migration deletes.
    folder = CertifiedEngine(descriptor=get_descriptor()).cache.folder
    folder.mkdir(parents=True)
    text = b'{"facts": {"model_id": "m", "revision": 12, "mark": 171}, "arrays": []}'
    header = struct.pack("<8sIII", b"SISARRAY", 1, len(text), zlib.crc32(text)) + text
    old = [folder / f"12-ab{suffix}" for suffix in (".vectors", ".codes")]
    for path in old:
        path.write_bytes(header.ljust(HEADER_BYTES, b"\0"))
    answers_as_it_should(started(CertifiedEngine), images)
    answers_as_it_should(started(CertifiedEngine), images)
    assert not any(path.exists() for path in old)


def test_codes_of_other_vectors_are_not_used(images, var_folder, faiss):
    # Sizes agree, contents do not: only the mark can tell.
    started(CertifiedEngine)
    (path,) = files(var_folder, ".codes")
    old = path.read_bytes()
    Image.objects.filter(pk=images[0].pk).update(fc6=VECTORS[1])
    VectorFile.objects.all().delete()
    engine = started(CertifiedEngine)
    path = engine._snapshot.base.files[0].path.with_suffix(".codes")
    fresh = path.read_bytes()
    path.write_bytes(old)
    again = started(CertifiedEngine)
    # The header holds the time at which the file was made.
    assert path.read_bytes()[HEADER_BYTES:] == fresh[HEADER_BYTES:] != old[HEADER_BYTES:]
    assert again._snapshot.base.coded is not None
