"""Pictures that arrive together share one forward pass. Pure: no Django, no TensorFlow."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from ..vectors import Float32Array

# At 8 pictures a pass most of what larger passes save is saved; more only makes the last one wait.
LARGEST_PASS = 8
# A pass of one picture leaves cores idle at times (small layers, steps between them), which a
# second pass uses; a third one would only slow the others.
PASSES_AT_ONCE = 2


@dataclass(eq=False)
class Request:
    """One caller's picture, and in the end its vector or what went wrong."""

    picture: Image.Image
    vector: Float32Array | None = None
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.vector is not None or self.error is not None


class CoalescingDescriber:
    """Describes single pictures for any number of threads, in at most `passes` passes at once.

    A caller who finds fewer running starts one at once, so that a lone caller never waits. Others
    wait for one to end; then one of those waiting describes the pictures of all of them (at most
    `LARGEST_PASS`), in order of arrival, on its own thread.
    """

    def __init__(
        self,
        describe: Callable[[Sequence[Image.Image]], Float32Array],
        *,
        passes: int = PASSES_AT_ONCE,
    ) -> None:
        self._describe = describe
        self._passes = passes
        self._changed = threading.Condition()
        self._waiting: list[Request] = []
        self._running = 0

    def __call__(self, picture: Image.Image) -> Float32Array:
        """Return the vector (D,) of one picture; raises what its pass raised."""
        request = Request(picture)
        with self._changed:
            self._waiting.append(request)
        while share := self._next_pass(request):
            self._run(share)
        if request.error is not None:
            raise request.error
        assert request.vector is not None  # noqa: S101 (for the type checker)
        return request.vector

    def _next_pass(self, request: Request) -> list[Request]:
        """Wait until `request` is settled (an empty list) or a pass is this thread's to run.

        That pass need not hold `request` itself, where many came before it.
        """
        with self._changed:
            self._changed.wait_for(
                # Who is being described by another's pass has none to start: it would answer late.
                lambda: (
                    request.settled or (self._running < self._passes and request in self._waiting)
                )
            )
            if request.settled:
                return []
            self._running += 1
            share = self._waiting[:LARGEST_PASS]
            del self._waiting[:LARGEST_PASS]
            return share

    def _run(self, share: list[Request]) -> None:
        try:
            vectors = self._describe([request.picture for request in share])
            for request, vector in zip(share, vectors, strict=True):
                request.vector = vector
        except Exception as error:
            for request in share:
                request.vector, request.error = None, error
        finally:
            with self._changed:
                # An interrupt of this thread leaves the others' pictures to the next pass.
                self._waiting[:0] = [request for request in share if not request.settled]
                self._running -= 1
                self._changed.notify_all()
