"""`extract_features` as a command: what it says, its exit status, and what it leaves unchanged."""

import errno
from pathlib import Path

import h5py
import pytest
from django.core.management import CommandError, call_command

from catalog.management.commands import extract_features as command
from catalog.models import Collection, Image
from tests.catalog.stand_in import StandIn
from tests.helpers import MODEL_ID, add_image


@pytest.fixture
def images(collection) -> list[Image]:
    return [add_image(collection, f"picture{number}") for number in range(3)]


@pytest.fixture
def stand_in(monkeypatch) -> StandIn:
    descriptor = StandIn()
    monkeypatch.setattr(
        command, "get_any", lambda name, *, weights=None, precision=None: descriptor
    )
    return descriptor


def refused(*arguments: str) -> str:
    """Run the command, which must refuse with one sentence or two, status 1 and no change."""
    before = list(Image.objects.defer(None).order_by("pk").values())
    with pytest.raises(CommandError) as refusal:
        call_command("extract_features", *arguments, "--verbosity=0")
    assert refusal.value.returncode == 1
    assert "\n" not in str(refusal.value)
    assert list(Image.objects.defer(None).order_by("pk").values()) == before
    return str(refusal.value)


def test_an_unknown_collection_is_refused_with_the_choices(images, stand_in):
    assert "“plcaes”. Collections: places." in refused("--collection", "plcaes")


def test_missing_weights_are_refused_with_what_to_set(images, tmp_path):
    path = tmp_path / "gone.h5"
    message = refused("--weights", str(path))
    assert str(path) in message
    assert "SIS_WEIGHTS" in message


@pytest.mark.slow
def test_a_truncated_weights_file_is_refused(images, tmp_path):
    # Catches a traceback out of the HDF5 library, and rows blamed for it.
    path = tmp_path / "vgg16.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("kernel", data=[1.0] * 10_000)
    path.write_bytes(path.read_bytes()[:5000])
    message = refused("--weights", str(path))
    assert str(path) in message
    assert "truncated" in message


@pytest.mark.slow
def test_weights_of_another_network_are_refused(images, tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["block1_conv1"]
        group = file.create_group("block1_conv1")
        group.attrs["weight_names"] = ["kernel", "bias"]
        group.create_dataset("kernel", shape=(5, 5, 3, 64))
        group.create_dataset("bias", shape=(64,))
    message = refused("--weights", str(path))
    assert "block1_conv1 has shape (5, 5, 3, 64), expected (3, 3, 3, 64)" in message


def test_it_keeps_to_the_collection(images, stand_in, capsys):
    other = Collection.objects.create(slug="other")
    add_image(other, "stranger")
    call_command("extract_features", "--collection", "other")
    assert [image.name for image in Image.objects.with_current("fc6", MODEL_ID)] == ["stranger"]
    assert "1 extracted, 0 failed" in capsys.readouterr().out


def test_a_dry_run_only_says_what_would_be_done(images, stand_in, capsys):
    call_command("extract_features", "--dry-run", "--limit", "2")
    assert "2 images would be extracted" in capsys.readouterr().out
    assert stand_in.batches == []


def test_failures_are_listed_and_give_status_1(images, stand_in, capsys):
    # Catches a run that looks like a success to the script that started it.
    images[1].file.storage.delete(images[1].file.name)
    with pytest.raises(CommandError, match="--retry-failed") as failure:
        call_command("extract_features")
    assert failure.value.returncode == 1
    assert "picture1: The file " in capsys.readouterr().err
    assert Image.objects.with_current("fc6", MODEL_ID).count() == 2


def test_what_ended_it_is_said_after_the_report(images, stand_in, media, capsys):
    # Catches a trace where the disk of the pictures is away, and a report that is lost.
    media.rename(media.with_name("elsewhere"))
    with pytest.raises(CommandError, match=r"media folder .* cannot be read") as failure:
        call_command("extract_features")
    assert failure.value.returncode == 1
    assert "0 extracted, 0 failed" in capsys.readouterr().out


def test_weights_that_may_not_be_read_are_one_sentence(images, tmp_path, monkeypatch):
    # Catches a trace from their checksum, which is taken before anything is loaded.
    path = tmp_path / "vgg16.h5"
    path.write_bytes(b"x")
    real_open = Path.open

    def guarded(self, *args, **options):
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real_open(self, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    assert f"{path} cannot be read (Permission denied)." in refused("--weights", str(path))


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_senseless_batch_size_is_refused(images, stand_in, value):
    with pytest.raises(CommandError, match="whole number above zero"):
        call_command("extract_features", f"--batch-size={value}")
