"""Arrays that TensorFlow can use where they lie. Pure NumPy."""

import math

import numpy as np

from ...vectors import Float32Array

# What TensorFlow's kernels ask of a tensor's address (EIGEN_MAX_ALIGN_BYTES).
ALIGNMENT = 64


def aligned_empty(shape: tuple[int, ...]) -> Float32Array:
    """Return an uninitialised float32 array whose address is a multiple of 64 bytes."""
    size = math.prod(shape) * 4
    memory = np.empty(size + ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(np.float32).reshape(shape)


def is_aligned(array: Float32Array) -> bool:
    return array.flags.c_contiguous and array.ctypes.data % ALIGNMENT == 0
