"""Words of a picture as bytes, and words learned and found."""

import numpy as np
import pytest

from catalog.descriptors.local import vocabulary as module
from catalog.descriptors.local.aggregation import (
    BYTES_PER_WORD,
    Aggregated,
    decode,
    encode,
    without_words,
)
from catalog.descriptors.local.features import LocalFeaturesError
from catalog.descriptors.local.vocabulary import FaissMissing, Vocabulary, learn

faiss = pytest.importorskip("faiss")


def some_words(count: int = 5) -> Aggregated:
    random = np.random.default_rng(1)
    words = np.sort(random.choice(65_536, count, replace=False)).astype(np.uint16)
    return Aggregated(words, random.integers(0, 256, (count, 16), dtype=np.uint8))


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).gamma(0.5, size=(count, 128)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("aggregated", [some_words(), some_words(1), without_words()])
def test_words_survive_their_bytes(aggregated):
    data = encode(aggregated)
    assert len(data) == 10 + BYTES_PER_WORD * len(aggregated)
    found = decode(memoryview(data))
    np.testing.assert_array_equal(found.words, aggregated.words)
    np.testing.assert_array_equal(found.codes, aggregated.codes)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda data: b"", "too few for a header"),
        (lambda data: data[:9], "too few for a header"),
        (lambda data: b"\x01\x4c" + data[2:], "begin with 0x4c01"),
        (lambda data: data[:-1], "are not 5 words"),
        (lambda data: data + b"\0", "are not 5 words"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "checksum"),
        (lambda data: data[:2] + b"\xff\xff\xff\xff" + data[6:], "are not 4294967295 words"),
    ],
)
def test_damaged_bytes_are_refused(damage, complaint):
    with pytest.raises(LocalFeaturesError, match=complaint):
        decode(damage(encode(some_words())))


def test_words_are_the_nearest_centres_nearest_first():
    centroids, rows = unit_rows(300), unit_rows(20, seed=1)
    distances = np.linalg.norm(rows[:, None] - centroids, axis=2)
    expected = np.argsort(distances, axis=1)[:, :5]
    np.testing.assert_array_equal(Vocabulary(centroids).assign(rows, 5), expected)


def test_of_many_words_nearly_all_of_the_nearest_are_found(monkeypatch):
    # Catches cells or codes that lose words, or another order than the nearest first.
    monkeypatch.setattr(module, "ALL_COMPARED", 1000)
    centroids, rows = unit_rows(4096), unit_rows(300, seed=1)
    found = Vocabulary(centroids).assign(rows, 5)
    distances = np.linalg.norm(rows[:, None] - centroids, axis=2)
    expected = np.argsort(distances, axis=1)[:, :5]
    assert (found[:, 0] == expected[:, 0]).mean() > 0.9
    shared = [len(set(a) & set(b)) for a, b in zip(found.tolist(), expected.tolist(), strict=True)]
    assert np.mean(shared) > 4.25
    np.testing.assert_array_equal(found, Vocabulary(centroids).assign(rows, 5))


def test_learned_words_lie_where_descriptors_do():
    centres = unit_rows(20, seed=2)
    random = np.random.default_rng(3)
    rows = np.repeat(centres, 40, axis=0) + random.normal(0, 0.002, (800, 128)).astype(np.float32)
    seen = []
    learned = learn(rows, 40, iterations=6, on_progress=seen.append)
    assert (learned.shape, seen) == ((40, 128), [1, 2, 3, 4, 5, 6])
    nearest = np.linalg.norm(rows[:, None] - learned, axis=2).min(axis=1)
    assert np.median(nearest) < 0.05  # a centre each, where at random it is 0.5
    np.testing.assert_array_equal(learned, learn(rows, 40, iterations=6))


@pytest.mark.parametrize("words", [16, 64])
def test_learning_roughly_finds_words_as_well(monkeypatch, words):
    monkeypatch.setattr(module, "ALL_COMPARED", 32)
    monkeypatch.setattr(module, "WORDS_A_CELL", 8)
    learned = learn(unit_rows(500), words, iterations=2)
    assert learned.shape == (words, 128)
    assert np.isfinite(learned).all()


def test_learning_can_be_stopped():
    seen = []
    stop = lambda: len(seen) == 2  # noqa: E731
    rows = unit_rows(100)
    assert learn(rows, 10, on_progress=seen.append, should_stop=stop) is None
    assert seen == [1, 2]


def test_without_faiss_it_is_said(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(FaissMissing):
        Vocabulary(unit_rows(5)).assign(unit_rows(1))
    with pytest.raises(FaissMissing):
        learn(unit_rows(5), 2)
