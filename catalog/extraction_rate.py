"""How fast features were extracted here lately, from the times that extraction left on the rows."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from .models import Image
from .vectorstore import vectors_of

# The newest images are looked at: by their number, which is an index.
RECENT = 2000
# Between two batches of one extraction; a longer pause lies between two extractions.
LONGEST_BATCH = timedelta(minutes=2)


def images_per_second(descriptor: str) -> float | None:
    """Return the rate at which the newest images were extracted; None where none can be told."""
    store = vectors_of(descriptor)
    images = store.joined(Image.objects.all()).filter(**{f"{store.extracted_at}__isnull": False})
    return rate(images.order_by("-pk").values_list(store.extracted_at, flat=True)[:RECENT])


def rate(times: Iterable[datetime]) -> float | None:
    """Return images a second; those of one batch have one time, that at which it was done.

    The first batch after a pause does not count: nobody knows when it was begun.
    """
    batches = sorted(Counter(times).items())
    seconds, images = 0.0, 0
    for (before, _number), (after, number) in pairwise(batches):
        if after - before <= LONGEST_BATCH:
            seconds += (after - before).total_seconds()
            images += number
    return images / seconds if seconds else None
