"""The codec: what it stores must come back bit for bit, and nothing unusable may get in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catalog import vectors

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(arrays(np.float32, st.integers(1, 50), elements=finite))
def test_round_trip_is_exact(vector):
    stored = vectors.encode(vector, len(vector))
    assert len(stored) == 4 * len(vector)
    assert vectors.decode(stored, len(vector)).tobytes() == vector.tobytes()


def test_non_contiguous_input_is_stored_in_its_own_order():
    # Catches taking the memory behind a strided view instead of its elements.
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert vectors.decode(vectors.encode(matrix[:, 1], 3), 3).tolist() == [1, 5, 9]
    assert vectors.decode(vectors.encode(matrix[0, ::-2], 2), 2).tolist() == [3, 1]


@pytest.mark.parametrize("dtype", [">f4", ">f8", "<f8", "<i4", "u1", "f2"])
def test_other_dtypes_and_byte_orders_become_little_endian_float32(dtype):
    stored = vectors.encode(np.array([1, 2, 3], dtype=dtype), 3)
    assert stored == np.array([1, 2, 3], dtype="<f4").tobytes()


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (np.array([1.0, np.nan]), "component 1 is nan"),
        (np.array([np.inf, 1.0]), "component 0 is inf"),
        (np.array([1.0, 1e39]), "component 1 is 1e\\+39"),  # finite until it is a float32
        (np.ones(3), r"expected shape \(2,\), got \(3,\)"),
        (np.ones((1, 2)), r"got \(1, 2\)"),
        (np.array([1, 1j]), "complex128"),
        (np.array(["a", "b"]), "real numbers"),
        ([[1], [1, 2]], "not an array of numbers"),
        (np.array([True, False]), "bool"),
    ],
)
def test_unusable_vectors_are_refused(value, complaint):
    with pytest.raises(vectors.VectorError, match=complaint):
        vectors.encode(value, 2)


@pytest.mark.parametrize("length", [0, 7, 9, 16])
def test_wrong_length_is_refused(length):
    with pytest.raises(vectors.VectorError, match=f"expected 8 bytes .* got {length}"):
        vectors.decode(b"\0" * length, 2)


def test_decoded_vector_is_read_only_and_native():
    vector = vectors.decode(vectors.encode([1, 2], 2), 2)
    assert vector.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 5


def test_many_are_decoded_as_one_by_one():
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    stored = [memoryview(vectors.encode(row, 3)) for row in rows]
    assert np.array_equal(vectors.decode_many(stored, 3), rows)
    assert vectors.decode_many([], 3).shape == (0, 3)


def test_one_row_of_wrong_length_among_many_is_named():
    # Joined blindly, a short row and a long one would shift all that follow.
    with pytest.raises(vectors.VectorError, match=r"row 1: expected 8 bytes, got 4"):
        vectors.decode_many([b"12345678", b"1234", b"123456789012"], 2)
