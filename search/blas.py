"""One thread for each product of matrices, where several threads multiply at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


class SingleThreads:
    """While anyone is inside `held`, NumPy's products use one thread each.

    Products of a few thousand rows gain little from BLAS's own threads, and these get in the way
    of ours. The limit is the process's: the first one in sets it, the last one out lifts it, so
    that no one leaves it behind for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limits: threadpool_limits | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if self._inside == 0:
                self._limits = threadpool_limits(limits=1, user_api="blas")
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0 and self._limits is not None:
                    self._limits.restore_original_limits()
                    self._limits = None


single_threads = SingleThreads()
