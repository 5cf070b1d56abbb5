"""A comparison whose pairs are made up."""

import numpy as np

from catalog.models import Collection, Image
from search.duplicates.jobs import keep
from search.duplicates.pairs import NearestPairs
from search.duplicates.scanning import Scan
from tests.helpers import add_image
from tests.search.proven import COLOURS


def made_scan(collection: Collection) -> list[Image]:
    """Five pictures: 0, 1 and 2 belong together within 0.1, 3 and 4 within 0.4."""
    images = [add_image(collection, f"p{number}") for number in range(5)]
    Image.objects.filter(pk=images[1].pk).update(width=4000, height=3000)
    ids = np.array([[0, 1], [1, 2], [3, 4]]) + images[0].pk
    distances = np.array([0.05, 0.1, 0.4], np.float32)
    found = Scan(1.0, NearestPairs(9, ids.astype(np.int64), distances), compared=5)
    keep(collection=collection, recipe=COLOURS, found=found)
    return images
