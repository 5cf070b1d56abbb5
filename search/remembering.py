"""What was worked out for the last few queries, so that their next pages need not do it anew."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from catalog.descriptors.local.base import LocalDescriptor
from catalog.descriptors.local.features import LocalFeatures, encode

from .engines.reading import last_change
from .geometry.rules import Rules

# In each process: of 200 images with their matches one takes about half a megabyte, of a query's
# local features a quarter.
REMEMBERED = 64
# A database that was restored meanwhile counts its changes anew, and could come to the same number.
KEPT_SECONDS = 600


class Memory:
    """The last `most` results, by what they depend on. Safe to use from several threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def recall(
        self,
        key: Hashable,
        make: Callable[[], Any],
        *,
        is_whole: Callable[[Any], bool] = lambda result: True,
    ) -> Any:
        """Return what `make` returned for the same key lately, else what it returns now.

        What is not whole, because it ran out of time, is not remembered.
        """
        now = time.monotonic()
        with self._lock:
            since, known = self._kept.get(key, (0.0, None))
            if known is not None and now - since < KEPT_SECONDS:
                self._kept.move_to_end(key)
                return known
        result = make()
        if is_whole(result):
            with self._lock:
                self._kept[key] = now, result
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return result


def verification_key(
    *, query: LocalFeatures, images: Sequence[int], local: LocalDescriptor, rules: Rules
) -> Hashable:
    """Return all that a verification depends on: also that no features have changed since."""
    fingerprint = hashlib.sha256(encode(query)).digest()
    return fingerprint, tuple(images), local.model_id, rules, last_change(None)[0]
