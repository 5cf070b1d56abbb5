"""Whitenings equal a published toolbox's; what cannot be learned from is said."""

import numpy as np
import pytest

from catalog.descriptors.whitening import Whitening, WhiteningError, learn_labelled, learn_pca
from tests.catalog.descriptors.reference import PUBLISHED

ROWS = PUBLISHED["whiten_train"].T.astype(np.float32)
QUERIES = PUBLISHED["whiten_query"].T.astype(np.float32)


def equal_but_for_signs(found: np.ndarray, published: np.ndarray) -> None:
    """An eigenvector's sign is chance: each direction may be turned round, in all rows alike."""
    signs = np.sign((found * published).sum(axis=0))
    np.testing.assert_allclose(found * signs, published, atol=1e-5)


def test_pca_is_that_of_the_published_toolbox():
    equal_but_for_signs(learn_pca(ROWS, 8).apply(QUERIES), PUBLISHED["pca_whitened_8"].T)


def test_labelled_is_that_of_the_published_toolbox():
    learned = learn_labelled(ROWS, PUBLISHED["labelled_pairs"], 8)
    equal_but_for_signs(learned.apply(QUERIES), PUBLISHED["labelled_whitened_8"].T)


def test_whitened_vectors_are_uncorrelated_and_of_variance_one():
    learned = learn_pca(ROWS, 8)
    white = (ROWS - learned.mean) @ learned.matrix.T
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(8), atol=1e-3)


def test_learning_twice_gives_the_same_numbers():
    # Catches signs by chance: vectors of two processes would not be comparable.
    first, second = learn_pca(ROWS, 8), learn_pca(ROWS[::-1].copy(), 8)
    np.testing.assert_allclose(first.matrix, second.matrix, atol=1e-4)


def test_rows_have_norm_one_and_nothing_becomes_nan():
    learned = learn_pca(ROWS, 8)
    found = learned.apply(QUERIES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    centre = Whitening(np.ones(2, np.float32), np.eye(2, dtype=np.float32))
    assert np.isnan(centre.apply(np.ones((1, 2), np.float32))).all()


@pytest.mark.parametrize(("rows", "possible"), [(ROWS[:5], 4), (ROWS[:1], 0), (ROWS * 0, 0)])
def test_too_few_vectors_are_refused_with_what_they_span(rows, possible):
    # Catches directions of rounding errors, which would be blown up to variance one.
    with pytest.raises(WhiteningError) as refusal:
        learn_pca(rows, 8)
    assert refusal.value.possible == possible


def test_too_few_pairs_are_refused():
    with pytest.raises(WhiteningError) as refusal:
        learn_labelled(ROWS, PUBLISHED["labelled_pairs"][:, :10], 8)
    assert refusal.value.possible <= 10
    with pytest.raises(WhiteningError):
        learn_labelled(ROWS, np.zeros((2, 30), dtype=np.int64), 8)  # each with itself


def test_more_rows_than_are_taken_at_a_time():
    many = np.tile(ROWS, (8, 1))
    np.testing.assert_allclose(learn_pca(many, 8).matrix, learn_pca(ROWS, 8).matrix, atol=1e-3)
