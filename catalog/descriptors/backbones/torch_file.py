"""Tensors of files that `torch.save` wrote, without torch and without running a pickle. Pure.

A pickle is a program, and Python's own machine for it can be made to call anything. This one knows
two calls, which make an ordered dictionary and the description of a tensor, and no others. Files
are of the layout that torch wrote before its version 1.6: a magic number, a version, facts of the
machine, a dictionary of tensors, the keys of their storages, and then each storage's numbers.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class TorchFileError(Exception):
    """The file is not one of tensors alone; the message, in English, is for the log."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where a tensor's numbers lie: `count` of one type, shared by all tensors of the same key."""

    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor's place in its storage; offset and strides count numbers, not bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def end(self) -> int:
        """How many of the storage's numbers it reaches into."""
        steps = ((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        return self.offset + 1 + sum(steps)


def read_tensors(file: BinaryIO) -> dict[str, NDArray[Any]]:
    """Return the tensors of a saved state dictionary by name, each an array of its own.

    Floats are float32, whole numbers int64. Raises `TorchFileError` for anything but a dictionary
    of such tensors, and for a file that is cut.
    """
    try:
        if unpickle(file) != MAGIC or unpickle(file) != VERSION:
            refuse("it does not begin as a file of torch's legacy layout does")
        unpickle(file)  # facts of the machine that wrote it; the numbers are little-endian
        places = unpickle(file)
        keys = unpickle(file)
    except TorchFileError:
        raise
    except Exception as error:  # what a broken program makes of Python's machine has no end
        raise TorchFileError(f"{type(error).__name__}: {error}") from error
    if not isinstance(places, dict) or not all(isinstance(p, Place) for p in places.values()):
        refuse("it holds other things than tensors")
    numbers = read_storages(file, keys, {place.storage for place in places.values()})
    return {str(name): tensor(place, numbers) for name, place in places.items()}


def read_storages(file: BinaryIO, keys: Any, storages: set[Storage]) -> dict[str, NDArray[Any]]:
    """Read each storage's numbers, in the order of `keys`."""
    known = {storage.key: storage for storage in storages}
    if not isinstance(keys, list) or len(known) != len(storages) or set(keys) != set(known):
        refuse("its storages are not those of its tensors")
    numbers = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        if count != known[key].count:
            refuse(f"storage {key} has {count} numbers instead of {known[key].count}")
        data = file.read(count * known[key].dtype.itemsize)
        if len(data) < count * known[key].dtype.itemsize:
            refuse("it is cut")
        numbers[key] = np.frombuffer(data, known[key].dtype)
    return numbers


def tensor(place: Place, numbers: dict[str, NDArray[Any]]) -> NDArray[Any]:
    storage = numbers[place.storage.key]
    if min((place.offset, *place.shape, *place.strides), default=0) < 0 or place.end > len(storage):
        refuse("a tensor reaches beyond its storage")
    strides = [stride * storage.itemsize for stride in place.strides]
    start = storage[place.offset :]
    return np.lib.stride_tricks.as_strided(start, place.shape, strides).copy()


def refuse(why: str) -> NoReturn:
    raise TorchFileError(why)


def unpickle(file: BinaryIO) -> Any:
    return TensorUnpickler(file).load()


class TensorUnpickler(pickle.Unpickler):
    """Python's unpickler with all but what tensors are made of taken away."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return place_of
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        refuse(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> Storage:
        match pid:
            case ("storage", np.dtype() as dtype, str(key), str(), int(count), None):
                return Storage(key, dtype, count)
        refuse("it refers to something that is not a storage")


def place_of(
    storage: Any, offset: Any, shape: Any, strides: Any, requires_grad: Any, hooks: Any
) -> Place:
    """Stand for `torch._utils._rebuild_tensor_v2`, which makes a tensor of these."""
    match storage, offset, shape, strides:
        case Storage(), int(), tuple(), tuple() if len(shape) == len(strides) and all(
            isinstance(number, int) for number in shape + strides
        ):
            return Place(storage, offset, shape, strides)
    refuse("it describes a tensor oddly")
