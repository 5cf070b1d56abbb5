"""Expanded queries equal the formulas, one result at a time."""

import numpy as np

from search.expansion import alpha_weighted, averaged
from tests.helpers import unit_vectors


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def test_the_average_counts_all_alike():
    query, *found = unit_vectors(4)
    np.testing.assert_allclose(
        averaged(query, np.stack(found)), unit(query + found[0] + found[1] + found[2]), rtol=1e-5
    )


def test_alpha_weighs_by_similarity():
    rows = np.abs(unit_vectors(4))
    query, found = rows[0], rows[1:]
    for alpha in (0.0, 1.0, 3.0):
        expected = query + sum(float(query @ row) ** alpha * row for row in found)
        np.testing.assert_allclose(alpha_weighted(query, found, alpha), unit(expected), rtol=1e-4)


def test_what_is_opposite_does_not_count():
    # Catches a root of a negative number, and results that pull the query away from themselves.
    query = unit_vectors(1)[0]
    for alpha in (0.0, 2.5):
        np.testing.assert_allclose(alpha_weighted(query, -query[None], alpha), query, rtol=1e-5)


def test_without_results_a_query_stays():
    query = unit_vectors(1)[0]
    nothing = np.empty((0, len(query)), np.float32)
    for expanded in (averaged(query, nothing), alpha_weighted(query, nothing, 3)):
        np.testing.assert_allclose(expanded, query, rtol=1e-6)
