"""Fused scores equal the formulas, and stay within their bounds."""

import numpy as np

from search.fusion import fuse_ranks, fuse_similarities

ONE = np.array([[0.9, 0.5, 0.1]], np.float32)
TWO = np.array([[0.30, 0.31, 0.32]], np.float32)


def test_similarities_are_spread_before_they_are_weighed():
    # Catches a descriptor whose similarities are all alike, and would never decide anything.
    fused = fuse_similarities([ONE, TWO], [1, 3])
    np.testing.assert_allclose(fused, [[0.25, 0.125 + 0.375, 0.75]], atol=1e-5)


def test_equal_similarities_say_nothing_and_divide_by_nothing():
    flat = np.full((1, 3), 0.4, np.float32)
    np.testing.assert_allclose(fuse_similarities([ONE, flat], [1, 1]), [[1.0, 0.75, 0.5]])


def test_ranks_are_fused_as_published():
    ranks = [np.array([[1, 2, 3]]), np.array([[3, 1, 2]])]
    fused = fuse_ranks(ranks, [1, 1])
    expected = [61 * (1 / (60 + a) + 1 / (60 + b)) / 2 for a, b in ((1, 3), (2, 1), (3, 2))]
    np.testing.assert_allclose(fused, [expected], rtol=1e-6)
    assert fuse_ranks([ranks[0]], [5])[0, 0] == 1
