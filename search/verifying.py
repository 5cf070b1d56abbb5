"""Images compared with a query by their stored local features. Reads only."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from threadpoolctl import ThreadpoolController

from catalog.descriptors.local.base import LocalDescriptor
from catalog.descriptors.local.features import LocalFeatures, LocalFeaturesError
from catalog.timing import timed
from catalog.vectorstore import vectors_of

from .geometry.comparing import Comparison
from .geometry.outcome import Verification
from .geometry.rules import Rules
from .geometry.verification import Verified

logger = logging.getLogger(__name__)

# Read from the database at once: about 4 MB.
IMAGES_AT_A_TIME = 16

# Each comparison uses all cores: of two at once both would be late.
_turn = threading.Lock()
_threads = ThreadpoolController()


@timed("verify")
def verify_images(
    *,
    query: LocalFeatures,
    images: Sequence[int],
    local: LocalDescriptor,
    rules: Rules,
    seconds: float | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Verification:
    """Compare the query with each of the images, in order, on all cores.

    Ends after `seconds`, in which it may also have to wait for its turn, or where `should_stop`
    says so, with what is known by then.
    """
    result = Verification(wanted=len(images))
    ends = time.monotonic() + seconds if seconds is not None else float("inf")

    def over() -> bool:
        return time.monotonic() > ends or should_stop()

    if not _turn.acquire(timeout=-1 if seconds is None else max(0.0, seconds)):
        return result
    try:
        # Products of a few thousand rows gain little from BLAS's own threads, which get in the way
        # of ours. The limit is the process's; nobody else sets it meanwhile.
        with _threads.limit(limits=1, user_api="blas"):
            compare_all(Comparison(query, rules), images, local, over, result)
    finally:
        _turn.release()
    return result


def compare_all(
    comparison: Comparison,
    images: Sequence[int],
    local: LocalDescriptor,
    over: Callable[[], bool],
    result: Verification,
) -> None:
    """Write into `result` what comes of each image, until it is `over`."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        waiting: list[tuple[int, Future[Verified | None]]] = []
        for image, features in stored_features(images, local, over):
            if features is None:
                result.checked += 1
                result.without += 1
            else:
                waiting.append((image, pool.submit(compare, comparison, features, over)))
        for image, future in waiting:
            try:
                verified = future.result()
            except TimeoutError:
                continue
            result.checked += 1
            if verified is not None:
                result.found[image] = verified


def compare(
    comparison: Comparison, features: LocalFeatures, over: Callable[[], bool]
) -> Verified | None:
    """Compare with one hit; raises `TimeoutError` where time was up before."""
    if over():
        raise TimeoutError
    return comparison.with_hit(features)


def stored_features(
    images: Sequence[int], local: LocalDescriptor, over: Callable[[], bool]
) -> Iterator[tuple[int, LocalFeatures | None]]:
    """Yield the images with their current local features, None where they have none, in order."""
    store = vectors_of(local.name)
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        if over():
            return
        part = images[start : start + IMAGES_AT_A_TIME]
        stored = {pk: data for _c, pk, data in store.stream(local.model_id, images=part)}
        for image in part:
            yield image, decoded(image, stored[image], local) if image in stored else None


def decoded(image: int, data: bytes, local: LocalDescriptor) -> LocalFeatures | None:
    """Return stored features; None where they are damaged, which is logged and stops no search."""
    try:
        return local.decode(data)
    except LocalFeaturesError as error:
        logger.warning("The local features of image %d are damaged: %s.", image, error)
        return None
