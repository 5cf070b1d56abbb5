"""Codec between vectors and the bytes that a database keeps. Pure NumPy, no Django.

The stored form is little-endian float32 without a header, 4 bytes a component, on every platform.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

STORED_DTYPE = np.dtype("<f4")

# The length of the one kind of vector that has a column on the image's own row.
FC6_DIM = 4096

Float32Array = npt.NDArray[np.float32]


class VectorError(ValueError):
    """A value is not a storable vector; the message names what is wrong with it."""


def as_vector(value: npt.ArrayLike, dim: int) -> Float32Array:
    """Return `value` as a contiguous float32 array of shape (dim,).

    Any real numeric dtype, byte order and stride is taken. Raises `VectorError` for another
    shape, for values that are not real numbers, and for NaN or infinity. Finiteness is checked
    after the cast: 1e39 is a finite float64 and an infinite float32.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise VectorError(f"not an array of numbers: {error}") from error
    if array.dtype.kind not in "fiu":
        raise VectorError(f"expected real numbers, got dtype {array.dtype}")
    if array.shape != (dim,):
        raise VectorError(f"expected shape ({dim},), got {array.shape}")
    with np.errstate(over="ignore"):
        vector = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(vector).all():
        position = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise VectorError(f"component {position} is {array[position]}, not a finite float32")
    return vector


def encode(value: npt.ArrayLike, dim: int) -> bytes:
    """Return the stored form of a vector: `4 * dim` bytes. Raises `VectorError` as `as_vector`."""
    return as_vector(value, dim).astype(STORED_DTYPE, copy=False).tobytes()


def decode(data: bytes | bytearray | memoryview, dim: int) -> Float32Array:
    """Return the float32 array of shape (dim,) that `encode` stored; read-only, without a copy
    on little-endian machines.

    Raises `VectorError` where the length is not `4 * dim` bytes.
    """
    view = memoryview(data)
    if view.nbytes != dim * STORED_DTYPE.itemsize:
        raise VectorError(
            f"expected {dim * STORED_DTYPE.itemsize} bytes for {dim} components, got {view.nbytes}"
        )
    array = np.frombuffer(view, dtype=STORED_DTYPE).astype(np.float32, copy=False)
    array.flags.writeable = False
    return array


def decode_many(rows: Sequence[bytes | bytearray | memoryview], dim: int) -> Float32Array:
    """Return the float32 array of shape (len(rows), dim) of many stored vectors, in one copy.

    Raises `VectorError` where the length of one is not `4 * dim` bytes.
    """
    size = dim * STORED_DTYPE.itemsize
    for position, row in enumerate(rows):
        if len(row) != size:
            raise VectorError(f"row {position}: expected {size} bytes, got {len(row)}")
    array = np.frombuffer(b"".join(rows), dtype=STORED_DTYPE).reshape(len(rows), dim)
    return array.astype(np.float32, copy=False)


def unit_rows(rows: Float32Array) -> Float32Array:
    """Divide each row by its L2 norm; a row whose norm is 0 or not finite becomes all NaN."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    usable = np.isfinite(norms) & (norms > 0)
    return np.divide(rows, norms, out=np.full_like(rows, np.nan), where=usable)
