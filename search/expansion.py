"""Query expansion: a query's vector with those of its first results. Pure: NumPy only."""

import numpy as np

from catalog.vectors import Float32Array, unit_rows


def averaged(query: Float32Array, found: Float32Array) -> Float32Array:
    """Return the mean of the query (D,) and the vectors (n, D) of its first results; norm 1.

    Average query expansion: Chum, Philbin, Sivic, Isard & Zisserman, "Total Recall: Automatic
    Query Expansion with a Generative Feature Model for Object Retrieval", ICCV 2007.
    """
    return weighted(query, found, np.ones(len(found), dtype=np.float32))


def alpha_weighted(query: Float32Array, found: Float32Array, alpha: float) -> Float32Array:
    """Return the query (D,) with its first results (n, D), each by its similarity^alpha; norm 1.

    Radenović, Tolias & Chum, "Fine-Tuning CNN Image Retrieval with No Human Annotation", TPAMI
    2018, section 3.5: far ones count little, so that `n` need not be chosen well. What is not
    similar at all (0 or less) does not count; alpha 0 gives the plain mean of the others.
    """
    similarity = np.maximum(found @ query, 0)
    weights = np.where(similarity > 0, similarity ** np.float32(alpha), 0).astype(np.float32)
    return weighted(query, found, weights)


def weighted(query: Float32Array, found: Float32Array, weights: Float32Array) -> Float32Array:
    return unit_rows((query + weights @ found)[None])[0]
