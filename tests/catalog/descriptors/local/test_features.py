"""The bytes of local features: as small as promised, exact where it counts, safe when damaged."""

import numpy as np
import pytest

from catalog.descriptors.local.features import (
    BYTES_PER_FEATURE,
    LocalFeatures,
    LocalFeaturesError,
    decode,
    encode,
    without_features,
)


def some(number: int = 50, size: tuple[int, int] = (1024, 768)) -> LocalFeatures:
    numbers = np.random.default_rng(1)
    return LocalFeatures(
        size,
        (numbers.random((number, 2)) * size).astype(np.float32),
        numbers.uniform(2, 90, number).astype(np.float32),
        numbers.uniform(0, 360, number).astype(np.float32),
        numbers.integers(0, 256, (number, 128), dtype=np.uint8),
    )


def test_what_is_stored_comes_back():
    # Catches positions that lose half a pixel, as half floats of pixels do.
    features = some()
    again = decode(memoryview(encode(features)))
    assert again.size == features.size
    assert np.abs(again.positions - features.positions).max() < 0.02
    assert np.allclose(again.scales, features.scales, rtol=1e-3)
    assert np.allclose(again.angles, features.angles, atol=0.13)
    assert np.array_equal(again.descriptors, features.descriptors)


def test_a_feature_takes_at_most_140_bytes():
    assert BYTES_PER_FEATURE <= 140
    assert len(encode(some(1000))) < 140_000


def test_no_features_are_a_value_like_others():
    again = decode(encode(without_features((30, 20))))
    assert (len(again), again.size) == (0, (30, 20))
    assert again.unit_descriptors().shape == (0, 128)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "too few"),
        (lambda data: data[:13], "too few"),
        (lambda data: b"\x00\x00" + data[2:], "begin with"),
        (lambda data: data[:-1], "are not 50 features"),
        (lambda data: data + b"\x00", "are not 50 features"),
        (lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:], "checksum"),
        # A count of four thousand million must not become an array.
        (lambda data: data[:6] + b"\xff\xff\xff\xff" + data[10:], "are not 4294967295 features"),
    ],
)
def test_damaged_bytes_are_refused(damage, said):
    with pytest.raises(LocalFeaturesError, match=said):
        decode(damage(encode(some())))


def test_unit_descriptors_have_norm_1_and_an_empty_one_stays_finite():
    features = some(3)
    features.descriptors[1] = 0
    norms = np.linalg.norm(features.unit_descriptors(), axis=1)
    assert np.allclose(norms[[0, 2]], 1, atol=1e-6)
    assert norms[1] == 0
