"""Images compared with a query by their stored local features. Reads only."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from catalog.descriptors.local.base import LocalDescriptor
from catalog.descriptors.local.features import LocalFeatures, LocalFeaturesError
from catalog.vectorstore import vectors_of

from .blas import single_threads
from .geometry.outcome import Verification
from .geometry.rules import Rules
from .geometry.sides import Side
from .geometry.verification import Verified, verify

logger = logging.getLogger(__name__)

# Read from the database at once: about 4 MB.
IMAGES_AT_A_TIME = 16


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

    Ends after `seconds`, or where `should_stop` says so, with what is known by then.
    """
    result = Verification(wanted=len(images))
    ends = time.monotonic() + seconds if seconds is not None else float("inf")

    def over() -> bool:
        return time.monotonic() > ends or should_stop()

    side = Side(query)
    cores = os.cpu_count() or 1
    with single_threads.held(), ThreadPoolExecutor(max_workers=cores) as pool:
        waiting: list[tuple[int, Future[Verified | None]]] = []
        for image, features in stored_features(images, local, over):
            result.checked += features is None
            result.without += features is None
            if features is not None:
                waiting.append((image, pool.submit(compare, side, features, rules, over)))
        for image, future in waiting:
            try:
                verified = future.result()
            except TimeoutError:
                continue
            result.checked += 1
            if verified is not None:
                result.found[image] = verified
    return result


def compare(
    query: Side, features: LocalFeatures, rules: Rules, over: Callable[[], bool]
) -> Verified | None:
    """`verify`; raises `TimeoutError` where time was up before."""
    if over():
        raise TimeoutError
    return verify(query, Side(features), rules)


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
