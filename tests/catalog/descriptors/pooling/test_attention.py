"""Regional attention is the paper's network; arrays that are not one are refused by name."""

import math

import numpy as np
import pytest

from catalog.descriptors.pooling.attention import AttentionError, RegionalAttention
from catalog.descriptors.pooling.regional import regions, rmac


def made_up(channels: int = 3, hidden: int = 4, seed: int = 5) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        "conv_att_1.weight": random.normal(size=(hidden, 2 * channels)),
        "conv_att_1.bias": random.normal(size=hidden),
        "conv_att_2.weight": random.normal(size=(1, hidden)),
        "conv_att_2.bias": random.normal(size=1),
    }


def maps() -> np.ndarray:
    return np.random.default_rng(6).random((5, 7, 3), dtype=np.float32)


def test_regions_count_as_the_formula_says():
    # Softplus, two layers, the region's mean beside the whole map's, one region at a time.
    arrays, given = made_up(), maps()
    found = RegionalAttention.from_arrays(arrays, channels=3).weights(given)
    for weight, (top, left, high, wide) in zip(found, regions(5, 7), strict=True):
        own = given[top : top + high, left : left + wide].mean(axis=(0, 1))
        context = np.concatenate([own, given.mean(axis=(0, 1))]).astype(float)
        hidden = [
            math.log1p(math.exp(row @ context + bias))
            for row, bias in zip(
                arrays["conv_att_1.weight"], arrays["conv_att_1.bias"], strict=True
            )
        ]
        out = arrays["conv_att_2.weight"][0] @ hidden + arrays["conv_att_2.bias"][0]
        assert weight == pytest.approx(math.log1p(math.exp(out)), rel=1e-4)


def test_equal_weights_give_rmac():
    arrays = {name: np.zeros_like(array) for name, array in made_up().items()}
    pooled = RegionalAttention.from_arrays(arrays, channels=3)(maps())
    np.testing.assert_allclose(pooled, math.log(2) * rmac(maps()), rtol=1e-5)


def test_the_published_files_third_axis_is_taken():
    arrays = made_up()
    deep = {n: a[..., None] if n.endswith("weight") else a for n, a in arrays.items()}
    plain, other = (RegionalAttention.from_arrays(a, channels=3) for a in (arrays, deep))
    np.testing.assert_array_equal(plain(maps()), other(maps()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conv_att_1.weight": None}, "conv_att_1.weight is missing"),
        ({"conv_att_2.bias": None}, "conv_att_2.bias is missing"),
        ({"conv_att_1.weight": np.zeros((4, 5))}, r"conv_att_1.weight has shape \(4, 5\)"),
        ({"conv_att_1.weight": np.float32(1)}, "conv_att_1.weight has shape"),
        ({"conv_att_1.weight": np.zeros((0, 6))}, "conv_att_1.weight has shape"),
        ({"conv_att_2.weight": np.zeros((2, 4))}, "conv_att_2.weight has shape"),
        ({"conv_att_1.bias": np.full(4, np.nan)}, "conv_att_1.bias holds numbers"),
    ],
)
def test_other_arrays_are_refused(change, message):
    arrays = {name: a for name, a in (made_up() | change).items() if a is not None}
    with pytest.raises(AttentionError, match=message):
        RegionalAttention.from_arrays(arrays, channels=3)
