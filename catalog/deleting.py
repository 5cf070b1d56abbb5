"""Images deleted on purpose, with their files and features."""

from collections.abc import Sequence

from .models import Collection, Image
from .querysets import in_parts


def delete_images(*, collection: Collection, ids: Sequence[int]) -> int:
    """Delete those of the images that are in the collection; returns how many there were.

    Their files go after them, as `signals` says.
    """
    deleted = 0
    for part in in_parts(ids):
        _rows, by_model = Image.objects.filter(collection=collection, pk__in=part).delete()
        deleted += by_model.get(Image._meta.label, 0)
    return deleted
