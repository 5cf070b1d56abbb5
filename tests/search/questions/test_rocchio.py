"""Relevance feedback on vectors."""

import numpy as np
import pytest

from catalog.vectors import unit_rows
from search.questions.rocchio import NothingLeftError, fed_back, shares


def rows(*values):
    return unit_rows(np.array(values, dtype=np.float32).reshape(-1, 3))


NONE = np.empty((0, 3), np.float32)


def test_the_published_formula():
    # Catches sums instead of means, and a sign: computed by hand.
    query, likes, unlikes = rows([1, 0, 0]), rows([0, 1, 0], [0, 1, 1]), rows([-1, 0, 0])
    half = np.sqrt(0.5)
    expected = np.array([1 + 0.15, 0.75 * (1 + half) / 2, 0.75 * half / 2])
    moved = fed_back(query, likes, unlikes)
    assert moved == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
    assert moved.dtype == np.float32


def test_several_pictures_give_the_mean_of_their_unit_vectors():
    moved = fed_back(rows([3, 0, 0], [0, 5, 0]), NONE, NONE)
    assert moved == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0], abs=1e-6)


def test_features_that_are_never_negative_stay_so():
    # Catches a component below 0, which no picture of such a descriptor can have.
    moved = fed_back(rows([1, 0, 0]), NONE, rows([0, 1, 0]))
    assert moved.tolist() == [1, 0, 0]
    signed = fed_back(rows([1, 0, -0.1]), NONE, rows([0, 1, 0]))
    assert signed[1] < 0


def test_likes_alone_are_a_question():
    assert fed_back(NONE, rows([0, 0, 2]), NONE).tolist() == [0, 0, 1]


def test_what_cancels_out_is_said():
    # Catches a vector of NaN, by which everything is equally far.
    with pytest.raises(NothingLeftError):
        fed_back(rows([1, 0, 0], [-1, 0, 0]), NONE, NONE)


def test_shares_of_scores_are_those_of_vectors():
    # Catches words that weigh feedback otherwise than vectors do.
    assert shares(2, 1, 3) == pytest.approx([0.5, 0.5, 0.75, -0.05, -0.05, -0.05])
