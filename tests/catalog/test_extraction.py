"""Extraction: what is done, what is left alone, and what a failure in the middle leaves behind."""

import numpy as np
import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.utils import timezone

from catalog.descriptors import DescriptorError
from catalog.extraction import clear_features, extract_features, pending_ids
from catalog.models import Image
from catalog.vectorstore import ColumnStore
from tests.catalog.stand_in import StandIn, expected_vector
from tests.helpers import MODEL_ID, add_image, unit_vectors


@pytest.fixture
def images(collection) -> list[Image]:
    return [add_image(collection, f"picture{number}") for number in range(10)]


def extract(descriptor: StandIn | None = None, **options):
    """Extract everything that is pending, in batches of two."""
    descriptor = descriptor or StandIn()
    ids = pending_ids(
        images=Image.objects.all(),
        descriptor=descriptor,
        limit=options.pop("limit", None),
        force=options.get("force", False),
        retry_failed=options.pop("retry_failed", False),
    )
    return extract_features(ids=ids, descriptor=descriptor, batch_size=2, **options)


def with_vectors() -> dict[str, Image]:
    return {image.name: image for image in Image.objects.filter(fc6__isnull=False)}


def lose_file(image: Image) -> None:
    """Delete the file and keep its name, as a disk or a bucket would."""
    assert image.file.name
    image.file.storage.delete(image.file.name)


def test_every_image_gets_the_vector_of_its_own_picture(images):
    # Catches rows and vectors that are paired wrongly.
    before = timezone.now()
    progress = []
    report = extract(on_progress=progress.append)
    assert (report.extracted, report.failed, report.elsewhere) == (10, [], 0)
    assert sum(progress) == 10
    for image in Image.objects.all():
        assert image.fc6.tobytes() == expected_vector(image).tobytes()
        assert (image.fc6_model_id, image.fc6_error) == (MODEL_ID, "")
        assert image.fc6_extracted_at >= before


def test_current_vectors_are_left_alone(images):
    # Catches a second run that does everything again.
    kept = unit_vectors(1)[0]
    Image.objects.filter(pk=images[3].pk).update(fc6=kept, fc6_model_id=MODEL_ID)
    assert extract().extracted == 9
    assert Image.objects.get(pk=images[3].pk).fc6.tobytes() == kept.tobytes()
    second = StandIn()
    assert extract(second).extracted == 0
    assert second.batches == []


def test_current_vectors_are_skipped_even_when_asked_for_by_id(images):
    # Catches work done twice where another process finished rows after the ids were listed.
    extract()
    again = StandIn()
    report = extract_features(ids=[image.pk for image in images], descriptor=again)
    assert (report.extracted, report.elsewhere) == (0, 10)
    assert sum(again.batches) == 0


def test_force_redoes_current_vectors(images):
    wrong = unit_vectors(1)[0]
    Image.objects.update(fc6=wrong, fc6_model_id=MODEL_ID)
    assert extract(force=True).extracted == 10
    assert all(
        image.fc6.tobytes() == expected_vector(image).tobytes() for image in Image.objects.all()
    )


def test_vectors_of_another_model_are_replaced(images):
    # Catches "has a vector" taken for "has a current vector".
    Image.objects.update(fc6=unit_vectors(1)[0], fc6_model_id="vgg16/imagenet/float32")
    assert extract().extracted == 10
    assert set(Image.objects.values_list("fc6_model_id", flat=True)) == {MODEL_ID}


def test_limit_takes_the_first_and_a_second_run_goes_on(images):
    assert extract(limit=3).extracted == 3
    assert set(with_vectors()) == {"picture0", "picture1", "picture2"}
    assert extract(limit=3).extracted == 3
    assert len(with_vectors()) == 6


def test_a_run_that_breaks_keeps_the_batches_before(images):
    # Catches one transaction around everything, and vectors that are stored at the end only.
    def break_down(number: int) -> None:
        if number == 3:
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        extract(StandIn(on_describe=break_down))
    assert len(with_vectors()) == 4
    assert extract().extracted == 6
    assert len(with_vectors()) == 10


def test_weights_that_cannot_be_had_end_the_run_and_change_no_row(images):
    # Catches a broken installation recorded as ten broken pictures.
    def no_weights(number: int) -> None:
        raise DescriptorError("no weights")

    with pytest.raises(DescriptorError, match="no weights"):
        extract(StandIn(on_describe=no_weights))
    assert not Image.objects.exclude(fc6_error="").exists()
    assert with_vectors() == {}


def test_stopping_finishes_the_batch_in_hand(images):
    # Catches a stop that drops a described batch, and one that is noticed at the end only.
    stop = []
    descriptor = StandIn(on_describe=lambda number: stop.append(number) if number == 2 else None)
    report = extract(descriptor, should_stop=lambda: bool(stop))
    assert report.interrupted
    assert (report.extracted, len(with_vectors())) == (4, 4)
    assert descriptor.batches == [2, 2]


def test_a_damaged_picture_is_recorded_and_the_others_go_on(images, media):
    damaged = media / images[4].file.name
    damaged.write_bytes(damaged.read_bytes()[:300])
    report = extract()
    assert report.extracted == 9
    [(name, reason)] = report.failed
    assert name == "picture4"
    assert "damaged or incomplete" in reason
    assert Image.objects.get(name="picture4").fc6_error == reason


def test_a_missing_file_is_named(images):
    lose_file(images[0])
    report = extract()
    assert report.extracted == 9
    assert report.failed == [
        ("picture0", f"The file {images[0].file.name} is missing from the storage.")
    ]


def test_an_error_of_the_storage_is_recorded_too(images, monkeypatch):
    # Catches one unreadable object in a bucket that stops the other five thousand.
    opened = FileSystemStorage.open

    def open_or_fail(self, name, mode="rb"):
        if name == images[7].file.name:
            raise ConnectionResetError("connection reset by bucket")
        return opened(self, name, mode)

    monkeypatch.setattr(FileSystemStorage, "open", open_or_fail)
    report = extract()
    assert report.extracted == 9
    error = Image.objects.get(name="picture7").fc6_error
    assert "the connection was broken off" in error
    assert "by bucket" not in error


def test_a_vector_that_is_no_vector_is_recorded_not_stored(images):
    # Catches NaN in the search matrix, where it would poison every ranking.
    bad = expected_vector(images[5])
    report = extract(StandIn(unusable={bad.tobytes()}))
    assert report.extracted == 9
    assert [name for name, _reason in report.failed] == ["picture5"]
    row = Image.objects.get(name="picture5")
    assert row.fc6 is None
    assert "zero or not finite" in row.fc6_error


def test_failures_wait_for_a_retry_which_clears_them(images, media):
    # Catches a failure that each run repeats, and an error that outlives its cause.
    path = media / images[2].file.name
    content = path.read_bytes()
    path.unlink()
    extract()
    idle = StandIn()
    assert extract(idle).failed == []
    assert idle.batches == []
    path.write_bytes(content)
    assert extract(retry_failed=True).extracted == 1
    row = Image.objects.get(name="picture2")
    assert (row.fc6_error, row.fc6_model_id) == ("", MODEL_ID)


def test_a_failed_redo_keeps_the_older_vector(images):
    # Catches losing a searchable vector because its file is away for a moment.
    extract()
    lose_file(images[1])
    report = extract(force=True)
    assert (report.extracted, len(report.failed)) == (9, 1)
    row = Image.objects.get(name="picture1")
    assert row.fc6 is not None
    assert row.fc6_model_id == MODEL_ID
    assert "missing" in row.fc6_error


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_a_picture_that_changes_meanwhile_is_not_given_the_old_vector(images, change):
    # Catches a vector of the old picture on a row whose picture an import has just replaced.
    def interfere(number: int) -> None:
        if number == 1:
            if change == "replaced":
                Image.objects.filter(name="picture8").update(sha256="0" * 64)
            else:
                Image.objects.filter(name="picture8").delete()

    # One batch, so that the change falls between reading the rows and storing them.
    ids = [image.pk for image in images]
    descriptor = StandIn(on_describe=interfere)
    report = extract_features(ids=ids, descriptor=descriptor, batch_size=10)
    assert (report.extracted, report.elsewhere) == (9, 1)
    assert not Image.objects.filter(name="picture8", fc6__isnull=False).exists()


def test_a_failure_of_a_replaced_picture_is_not_pinned_on_the_new_one(images):
    lose_file(images[8])

    def replace(number: int) -> None:
        Image.objects.filter(name="picture8").update(sha256="0" * 64)

    ids = [image.pk for image in images]
    extract_features(ids=ids, descriptor=StandIn(on_describe=replace), batch_size=10)
    assert Image.objects.get(name="picture8").fc6_error == ""


def test_nothing_to_do_is_no_error(db):
    report = extract_features(ids=[], descriptor=StandIn())
    assert (report.extracted, report.failed, report.interrupted) == (0, [], False)


def test_a_batch_of_failures_only_is_recorded(images):
    # Catches a descriptor called with no picture, or a batch skipped with its failures.
    for image in images:
        lose_file(image)
    assert len(extract().failed) == 10
    assert Image.objects.exclude(fc6_error="").count() == 10


def test_clear_features_removes_vectors_and_errors(images):
    extract(limit=4)
    Image.objects.filter(name="picture9").update(fc6_error="It is damaged.")
    assert (
        clear_features(
            images=Image.objects.filter(name__in=["picture0", "picture9"]), descriptor="fc6"
        )
        == 2
    )
    assert set(with_vectors()) == {"picture1", "picture2", "picture3"}
    cleared = Image.objects.get(name="picture0")
    assert (cleared.fc6, cleared.fc6_model_id, cleared.fc6_extracted_at) == (None, "", None)
    assert Image.objects.get(name="picture9").fc6_error == ""


def test_extraction_reads_no_vectors(images, no_vectors_loaded):
    # Catches 16 KB a row read back while it is about to be replaced.
    Image.objects.update(fc6=np.ones(4096), fc6_model_id="another")
    with no_vectors_loaded():
        extract()


def test_a_media_folder_that_is_away_ends_it_and_blames_no_picture(images, media):
    # Catches ten thousand rows marked as failed, because a disk was not mounted.
    media.rename(media.with_name("elsewhere"))
    report = extract()
    assert (report.extracted, report.failed) == (0, [])
    assert f"The media folder {media} cannot be read: No such file" in report.stopped
    assert "mounted" in report.stopped
    assert not Image.objects.exclude(fc6_error="").exists()
    media.with_name("elsewhere").rename(media)
    assert extract().extracted == 10


def test_a_database_that_gives_up_half_way_keeps_the_report(images, monkeypatch):
    # Catches a trace, and the counts of what was committed before lost with it.
    write, batches = ColumnStore.write_encoded, []

    def refuse_third(store, rows, **options):
        batches.append(rows)
        if len(batches) == 3:
            raise OperationalError("database is locked")
        return write(store, rows, **options)

    monkeypatch.setattr(ColumnStore, "write_encoded", refuse_third)
    report = extract()
    assert report.extracted == len(with_vectors()) == 4
    assert "is locked: another program" in report.stopped
