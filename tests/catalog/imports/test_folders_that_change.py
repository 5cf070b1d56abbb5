"""Renamed, swapped, overwritten, copied and deleted files: the collection follows the folder."""

import tempfile
import unicodedata
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.imports.importer import import_directory
from catalog.imports.pruning import prune
from catalog.models import Image, ImageVector
from tests.helpers import MODEL_ID, unit_vectors

from .files import names, stored_files, write

pytestmark = pytest.mark.django_db


def describe() -> None:
    """Give each image vectors that tell its content, in both places where vectors are kept."""
    for image in Image.objects.all():
        seed = int(image.sha256[:8], 16)
        Image.objects.filter(pk=image.pk).update(
            fc6=unit_vectors(1, seed=seed)[0], fc6_model_id=MODEL_ID
        )
        data = {"model_id": "m", "data": image.sha256.encode()}
        ImageVector.objects.update_or_create(image=image, descriptor="other", defaults=data)


def assert_vectors_are_the_contents_own(count: int) -> None:
    """Every image that has vectors has those of its picture, and `count` images have them."""
    images: Any = Image.objects.filter(fc6__isnull=False)
    assert images.count() == count
    for image in images:
        seed = int(image.sha256[:8], 16)
        assert np.array_equal(image.fc6, unit_vectors(1, seed=seed)[0]), image.name
        assert image.fc6_model_id == MODEL_ID
    kept: Any = ImageVector.objects.filter(data__isnull=False).select_related("image")
    assert kept.count() == count
    for vector in kept:
        assert bytes(vector.data).decode() == vector.image.sha256, vector.image.name


def rows() -> dict[str, int]:
    return dict(Image.objects.values_list("source_name", "pk"))


def in_step(folder: Path) -> None:
    """Every file has its row with its name and content, and every row its file."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    images = {image.source_name: image for image in Image.objects.all()}
    assert images.keys() == found.keys()
    for source, content in found.items():
        assert images[source].file.read() == content, source
    assert len(set(names())) == len(found)


@pytest.fixture
def moved(folder, committed):
    """Import files a, b, ... with vectors, rename them as told, import again."""

    def run(*renames: tuple[str, str], files: str = "abcde"):
        for number, name in enumerate(files):
            write(folder / f"{name}.jpg", number)
        committed(folder)
        describe()
        before = rows()
        for source, _target in renames:
            (folder / source).rename(folder / f"{source}.aside")
        for source, target in renames:
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{source}.aside").rename(folder / target)
        report = committed(folder)
        return before, report

    return run


@pytest.mark.parametrize(
    "renames",
    [
        [("a.jpg", "z.jpg")],
        [("e.jpg", "A.jpg")],
        [("a.jpg", "A.jpg")],
        [("a.jpg", "a.JPG")],
        [("a.jpg", "b.jpg"), ("b.jpg", "a.jpg")],
        [("a.jpg", "b.jpg"), ("b.jpg", "c.jpg"), ("c.jpg", "a.jpg")],
        [("c.jpg", "b.jpg"), ("b.jpg", "a.jpg"), ("a.jpg", "c.jpg")],
        [(f"{a}.jpg", f"{b}.jpg") for a, b in zip("abcde", "bcdef", strict=True)],
        [(f"{a}.jpg", f"{b}.jpg") for a, b in zip("edcba", "dcba0", strict=True)],
        [(f"{name}.jpg", f"trip/day 1/{name}.jpg") for name in "abcde"],
        [("a.jpg", "b.jpg"), ("b.jpg", "a.jpg"), ("c.jpg", "d.jpg"), ("d.jpg", "c.jpg")],
        [("a.jpg", "b.jpg"), ("b.jpg", "sub/b.jpg"), ("c.jpg", "a.jpg")],
    ],
    ids=lambda renames: ", ".join(f"{a[0]}>{b}" for a, b in renames)[:40],
)  # fmt: skip
def test_a_renamed_file_keeps_its_row_and_its_vectors(moved, folder, renames):
    """Catches "same content as ..." for ever, new rows without vectors, and names that disagree."""
    before, report = moved(*renames)
    in_step(folder)
    expected = before | {target: before[source] for source, target in renames}
    for source, _target in renames:
        if source not in {target for _source, target in renames}:
            del expected[source]
    assert rows() == expected
    assert dict(report.renamed) == dict(renames)
    assert (report.added, report.replaced, report.gone, report.duplicates) == (0, 0, [], [])
    assert_vectors_are_the_contents_own(5)
    assert {image.name for image in Image.objects.all()} == {
        source.rpartition(".")[0] for source in expected
    }


def test_names_follow_the_files(moved):
    """Catches labels that after a swap belong to the other picture."""
    moved(("a.jpg", "b.jpg"), ("b.jpg", "a.jpg"))
    for image in Image.objects.all():
        assert f"{image.name}.jpg" == image.source_name
        assert image.folded_name == image.name


def test_a_swap_and_a_change_at_once(folder, committed):
    """Catches vectors of the old picture on the changed one, or lost with the swapped ones."""
    for number, name in enumerate("abc"):
        write(folder / f"{name}.jpg", number)
    committed(folder)
    describe()
    before = rows()
    (folder / "a.jpg").rename(folder / "aside")
    (folder / "b.jpg").rename(folder / "a.jpg")
    (folder / "aside").rename(folder / "b.jpg")
    (folder / "c.jpg").unlink()
    write(folder / "c.jpg", 9)
    report = committed(folder)
    in_step(folder)
    assert rows() == {"a.jpg": before["b.jpg"], "b.jpg": before["a.jpg"], "c.jpg": before["c.jpg"]}
    assert (report.replaced, len(report.renamed)) == (1, 2)
    assert_vectors_are_the_contents_own(2)


def test_a_file_moved_over_another(folder, committed, media):
    """Catches a broken unique constraint, and the row of a picture that is nowhere any more."""
    write(folder / "a.jpg", 1)
    write(folder / "b.jpg", 2)
    committed(folder)
    describe()
    pk = rows()["a.jpg"]
    (folder / "a.jpg").rename(folder / "b.jpg")
    report = committed(folder)
    in_step(folder)
    assert rows() == {"b.jpg": pk}
    assert (report.renamed, report.replaced, report.gone) == ([("a.jpg", "b.jpg")], 1, [])
    assert_vectors_are_the_contents_own(1)
    assert stored_files(media) == {Image.objects.get().file.name}


def test_a_chain_that_overwrites_its_end_and_gets_a_new_start(folder, committed):
    for number, name in enumerate("abc"):
        write(folder / f"{name}.jpg", number)
    committed(folder)
    describe()
    (folder / "b.jpg").replace(folder / "c.jpg")
    (folder / "a.jpg").replace(folder / "b.jpg")
    write(folder / "a.jpg", 7)
    committed(folder)
    in_step(folder)
    assert_vectors_are_the_contents_own(2)


def test_a_renamed_file_and_a_copy_of_it(folder, committed, media):
    """Catches one row claimed twice: one file keeps it, the other gets its vectors."""
    content = write(folder / "a.jpg", 1)
    committed(folder)
    describe()
    pk = rows()["a.jpg"]
    (folder / "a.jpg").unlink()
    (folder / "other").mkdir()
    for name in ("b.jpg", "other/a.jpg"):
        (folder / name).write_bytes(content)
    report = committed(folder)
    in_step(folder)
    assert pk in rows().values()
    assert (len(report.renamed), report.added, len(report.duplicates)) == (1, 1, 1)
    assert_vectors_are_the_contents_own(2)
    assert len(stored_files(media)) == 1


def test_a_rename_in_letters_of_another_form(folder, committed):
    """Catches a folder copied from a Mac, all of whose names are other code points."""
    write(folder / f"{unicodedata.normalize('NFD', 'Hà Nội')}.jpg", 1)
    committed(folder)
    describe()
    before = Image.objects.get()
    (folder / before.source_name).rename(folder / "Hà Nội.jpg")
    report = committed(folder)
    image = Image.objects.get()
    assert (image.pk, image.name, image.source_name) == (before.pk, "Hà Nội", "Hà Nội.jpg")
    assert len(report.renamed) == 1
    assert_vectors_are_the_contents_own(1)


def test_a_name_freed_by_one_file_is_taken_by_another(folder, committed):
    """Catches names that hang on the order in which files are looked at."""
    write(folder / "a.jpg", 1)
    write(folder / "b.jpg", 2)
    committed(folder)
    describe()
    (folder / "a.jpg").rename(folder / "z.jpg")
    (folder / "b.jpg").rename(folder / "a.jpeg")
    committed(folder)
    assert names() == ["a", "z"]
    assert_vectors_are_the_contents_own(2)
    # A new file, too; but not the name of a picture that is only gone.
    (folder / "z.jpg").rename(folder / "zz.jpg")
    write(folder / "z.png", 3, "PNG")
    (folder / "a.jpeg").unlink()
    write(folder / "a.bmp", 4, "BMP")
    assert len(committed(folder).gone) == 1
    assert names() == ["a", "a.bmp", "z", "zz"]


def test_an_extension_that_changes_keeps_the_name(folder, committed):
    """Catches labels lost because somebody wrote .jpeg for .jpg."""
    write(folder / "a.jpg", 1)
    committed(folder)
    (folder / "a.jpg").rename(folder / "a.jpeg")
    committed(folder)
    assert names() == ["a"]


def test_pictures_of_equal_size_are_told_apart(folder, committed):
    """Catches contents guessed from sizes: all BMP files of a camera have the same."""
    for number, name in enumerate("abcd"):
        write(folder / f"{name}.bmp", number, "BMP")
    committed(folder)
    describe()
    (folder / "a.bmp").rename(folder / "aside")
    (folder / "b.bmp").rename(folder / "a.bmp")
    (folder / "aside").rename(folder / "b.bmp")
    (folder / "c.bmp").unlink()
    write(folder / "c.bmp", 9, "BMP")
    report = committed(folder)
    in_step(folder)
    assert (report.replaced, len(report.renamed), report.unchanged) == (1, 2, 1)
    assert_vectors_are_the_contents_own(3)


def test_a_row_whose_file_cannot_be_read_does_not_follow_its_content(
    folder, committed, monkeypatch
):
    """Catches a row that leaves a file which is only unreadable for the moment."""
    content = write(folder / "a.jpg", 1)
    committed(folder)
    describe()
    pk = rows()["a.jpg"]
    (folder / "b.jpg").write_bytes(content)
    real_open = Path.open

    def guarded(path, *args, **options):
        if path.name == "a.jpg":
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    report = committed(folder)
    assert rows()["a.jpg"] == pk
    assert (report.added, report.renamed, report.gone) == (1, [], [])
    assert_vectors_are_the_contents_own(2)


def test_an_interrupted_import_moves_nothing_it_is_not_sure_of(folder, committed):
    """Catches half a swap, and vectors thrown away because the rest was not read."""
    for number in range(60):
        write(folder / f"{number:02}.bmp", number, "BMP")
    committed(folder)
    describe()
    before = rows()
    (folder / "00.bmp").rename(folder / "aside")
    (folder / "59.bmp").rename(folder / "00.bmp")
    (folder / "aside").rename(folder / "59.bmp")
    done = []
    report = committed(
        folder, on_progress=lambda *step: done.append(step), should_stop=lambda: len(done) > 3
    )
    assert report.interrupted and report.gone == []
    assert rows() == before
    assert_vectors_are_the_contents_own(60)
    committed(folder)
    in_step(folder)
    assert rows()["59.bmp"] == before["00.bmp"]
    assert_vectors_are_the_contents_own(60)


def test_another_import_of_the_same_renamed_folder_meanwhile(folder, committed, monkeypatch):
    """Catches rows moved twice, or lost between two imports."""
    monkeypatch.setattr("catalog.imports.importer.BATCH_SIZE", 4)
    for number in range(20):
        write(folder / f"{number:02}.jpg", number)
    committed(folder)
    describe()
    before = rows()
    (folder / "19.jpg").rename(folder / "aside")
    for number in reversed(range(19)):
        (folder / f"{number:02}.jpg").rename(folder / f"{number + 1:02}.jpg")
    (folder / "aside").rename(folder / "00.jpg")
    inner = []

    def meddle(done, total):
        if done == 10 and not inner:
            inner.append(import_directory(directory=folder, collection="places"))

    report = committed(folder, on_progress=meddle)
    in_step(folder)
    assert (report.skipped, report.added, report.replaced) == ([], 0, 0)
    assert len(inner[0].renamed) == 20
    assert rows()["01.jpg"] == before["00.jpg"]
    assert_vectors_are_the_contents_own(20)


CONTENTS = 4
PATHS = ["a.jpg", "a.png", "b.jpg", "c.jpg", "d/a.jpg", "é.jpg", "e\u0301.jpg"]


@pytest.mark.slow
class TestAnyChanges(TestCase):
    """Whatever is done to a folder between two imports, the second brings all in step."""

    @hypothesis_settings(max_examples=40)
    @given(
        st.dictionaries(st.sampled_from(PATHS), st.integers(0, CONTENTS - 1), min_size=1),
        st.dictionaries(st.sampled_from(PATHS), st.integers(0, CONTENTS), min_size=1),
        st.integers(1, 3),
    )
    def test_the_collection_is_in_step(self, before, after, batch):
        """Catches any lost row, any vector of another picture, any that was in vain thrown away."""
        Image.objects.all().delete()
        with (
            tempfile.TemporaryDirectory() as place,
            mock.patch("catalog.imports.importer.BATCH_SIZE", batch),
        ):
            folder = Path(place)
            for path, seed in before.items():
                write(folder / path, seed, "BMP")
            import_directory(directory=folder, collection="places")
            describe()
            for path in before:
                (folder / path).unlink()
            for path, seed in after.items():
                write(folder / path, seed, "BMP")
            with self.captureOnCommitCallbacks(execute=True):
                report = import_directory(directory=folder, collection="places")
            assert report.skipped == []
            gone = {gone.source_name for gone in report.gone}
            assert not gone & after.keys()
            assert rows().keys() == after.keys() | gone
            report.obstacle = ""
            with self.captureOnCommitCallbacks(execute=True):
                assert prune(report=report) == len(gone)
            in_step(folder)
            kept = sum(seed in before.values() for seed in after.values())
            assert_vectors_are_the_contents_own(kept)
            again = import_directory(directory=folder, collection="places")
            assert again.unchanged == len(after)
