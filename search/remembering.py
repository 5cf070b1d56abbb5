"""Verifications of the last few queries: a page's next ranks need not be worked out anew."""

import hashlib
import threading
import time
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
# A database that was restored meanwhile counts its changes anew, and could come to the same number.
KEPT_SECONDS = 600


class Memory:
    """The last `most` results, by what they depend on. Safe to use from several threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[Any, tuple[float, Verification]] = OrderedDict()
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

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
        now = time.monotonic()
        with self._lock:
            since, known = self._kept.get(key, (0.0, None))
            if known is not None and now - since < KEPT_SECONDS:
                self._kept.move_to_end(key)
                return known
        result = verify()
        if result.is_complete:
            with self._lock:
                self._kept[key] = now, result
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return result
