"""Vectors of the former system are taken as they are, and only where they are what they say."""

import re

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from catalog.models import Collection, Image
from tests.evaluation.landmarks import Describer
from tests.helpers import encoded, picture, unit_vectors
from tests.pages import replace_fc6

pytestmark = pytest.mark.django_db
NUMBER = 6


class Same(Describer):
    """Gives each picture the vector of its colours, whoever asks."""

    trained = True

    def describe(self, images):
        return np.stack([vector_of(image) for image in images])


def vector_of(image) -> np.ndarray:
    seed = int(np.asarray(image.resize((8, 8))).mean() * 100)
    return unit_vectors(1, seed=seed)[0]


@pytest.fixture(autouse=True)
def network(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    replace_fc6(monkeypatch, Same())


@pytest.fixture
def former(tmp_path):
    """The folders of the former system: pictures, and a vector of each."""
    pictures, vectors = tmp_path / "img", tmp_path / "feature"
    pictures.mkdir()
    vectors.mkdir()
    for number in range(NUMBER):
        made = picture(number)
        (pictures / f"p{number}.png").write_bytes(encoded(made, "PNG"))
        np.save(vectors / f"p{number}.npy", vector_of(made))
    return pictures, vectors


def take(former, **options) -> None:
    call_command("import_sis", *map(str, former), collection="old", verbosity=0, **options)


def test_pictures_and_vectors_come_in_bit_for_bit(former, capsys):
    # Catches vectors that are made anew, and rounded on the way.
    take(former)
    assert f"{NUMBER} vectors taken, 0 pictures had one already" in capsys.readouterr().out
    for number in range(NUMBER):
        image = Image.objects.defer(None).get(name=f"p{number}")
        assert np.array_equal(image.fc6, np.load(former[1] / f"p{number}.npy"))
        assert image.fc6_model_id == Same.model_id
    take(former)
    assert f"0 vectors taken, {NUMBER} pictures had one already" in capsys.readouterr().out


def test_vectors_in_another_order_are_refused_as_a_whole(former):
    # Catches a search that finds the neighbours of another picture.
    vectors = [np.load(former[1] / f"p{number}.npy") for number in range(NUMBER)]
    for number in range(NUMBER):
        np.save(former[1] / f"p{number}.npy", vectors[(number + 1) % NUMBER])
    with pytest.raises(CommandError, match="is not the vector of picture"):
        take(former)
    assert not Image.objects.exclude(fc6=None).exists()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (np.zeros(4096, np.float32), "its length is 0 and must be 1"),
        (np.full(4096, np.nan, np.float32), "its length is nan and must be 1"),
        (np.full(4096, 1.0, np.float32), "its length is 64 and must be 1"),
        (np.full(4096, -1 / 64, np.float32), "numbers below 0"),
        (np.full(512, 1 / 512**0.5, np.float32), r"its shape is \(512,\)"),
        (np.arange(4096), "not an array of real numbers"),
        (np.array([{}], object), "not a NumPy array"),
        (b"nonsense", "not a NumPy array"),
        (b"", "not a NumPy array"),
        (b"x" * 200_000, "too large"),
    ],
)
def test_what_is_no_vector_is_refused_by_name_and_the_others_come_in(former, capsys, made, said):
    # Catches a pickle that is run, and a file that fills the memory.
    path = former[1] / "p3.npy"
    path.write_bytes(made) if isinstance(made, bytes) else np.save(path, made, allow_pickle=True)
    with pytest.raises(CommandError, match="Some vectors were not taken"):
        take(former)
    told = capsys.readouterr()
    assert "p3.npy: " in told.err
    assert re.search(said, told.err)
    assert f"{NUMBER - 1} vectors taken" in told.out


def test_what_is_missing_is_said(former, capsys, tmp_path, monkeypatch):
    (former[1] / "p2.npy").unlink()
    take(former)
    assert "1 picture has no vector there: p2" in capsys.readouterr().out
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CommandError, match=r"no \.npy files"):
        take((former[0], empty))
    Collection.objects.all().delete()
    with pytest.raises(CommandError, match=r"No picture was imported|no pictures"):
        take((empty, former[1]))
    monkeypatch.setattr(Same, "trained", False)
    with pytest.raises(CommandError, match="untrained weights"):
        take(former)
