"""The network's memory: weights are used where they lie, wherever that is."""

import numpy as np
import pytest

from catalog.descriptors.backbones.alignment import ALIGNMENT, aligned_empty, is_aligned
from catalog.descriptors.backbones.vgg16 import tensor


@pytest.mark.parametrize("shape", [(1,), (3, 3, 3, 64), (7, 5)])
def test_aligned_arrays_are_aligned_and_of_their_shape(shape):
    for _ in range(20):
        array = aligned_empty(shape)
        assert is_aligned(array)
        assert array.shape == shape
        assert array.dtype == np.float32


def test_a_tensor_shares_the_memory_of_an_aligned_array():
    # A copy of fc1's kernel would cost 411 MB.
    array = aligned_empty((4, 4))
    array[...] = 1
    shared = tensor(array)
    array[0, 0] = 5
    assert shared[0, 0].numpy() == 5


def test_an_unaligned_array_is_copied_instead_of_crashing():
    memory = aligned_empty((ALIGNMENT,))
    unaligned = memory[1:5]
    unaligned[...] = [1, 2, 3, 4]
    assert not is_aligned(unaligned)
    assert tensor(unaligned).numpy().tolist() == [1, 2, 3, 4]


def test_a_tensor_keeps_its_memory_alive():
    result = tensor(np.arange(1000, dtype=np.float32))
    np.full(1000, 7, dtype=np.float32)
    assert result.numpy().tolist() == list(range(1000))
