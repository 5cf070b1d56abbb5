"""Verifications of the last few queries: a page's next ranks need not be worked out anew."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from catalog.descriptors.local.base import LocalDescriptor
from catalog.descriptors.local.features import LocalFeatures, encode

from .engines.reading import last_change
from .geometry.outcome import Verification
from .geometry.rules import Rules

# In each process; of 200 images with their matches one takes about half a megabyte.
REMEMBERED = 64


class Memory:
    """The last `most` results, by what they depend on. Safe to use from several threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[Any, Verification] = OrderedDict()
        self._lock = threading.Lock()

    def recall(
        self,
        verify: Callable[[], Verification],
        *,
        query: LocalFeatures,
        images: Sequence[int],
        local: LocalDescriptor,
        rules: Rules,
    ) -> Verification:
        """Return what `verify` returned for the same before, else what it returns now.

        The same is also that nothing has changed in the database since. What ran out of time is
        not remembered.
        """
        fingerprint = hashlib.sha256(encode(query)).digest()
        key = (fingerprint, tuple(images), local.model_id, rules, last_change(None)[0])
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        result = verify()
        if result.is_complete:
            with self._lock:
                self._kept[key] = result
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return result
