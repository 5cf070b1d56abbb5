"""Each row is averaged with its nearest others, by falling weights."""

import numpy as np

from catalog.descriptors.augmentation import augmented
from tests.helpers import unit_vectors


def test_weights_fall_with_the_rank():
    rows = unit_vectors(9)
    found = augmented(rows, rows[2:4], 3)
    for place, row in zip((2, 3), found, strict=True):
        nearest = np.argsort(-(rows @ rows[place]))[:4]
        assert nearest[0] == place
        expected = sum(rows[n] * (1 - rank / 4) for rank, n in enumerate(nearest))
        np.testing.assert_allclose(row, expected / np.linalg.norm(expected), rtol=1e-4)


def test_a_collection_smaller_than_the_neighbourhood():
    rows = unit_vectors(2)
    found = augmented(rows, rows, 10)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    alone = augmented(rows[:1], rows[:1], 10)
    np.testing.assert_allclose(alone, rows[:1], rtol=1e-5)
