"""A picture with one part after the other covered, and what that says of each part. Pure.

Occlusion sensitivity: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks",
ECCV 2014, here of a similarity instead of a class.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageStat

from catalog.vectors import Float32Array

# The picture is told apart into this many cells along each side, and covered by squares of
# `SPAN` cells: small enough to find a part, large enough to be missed.
CELLS = 8
SPAN = 2
# Places where a cover can lie, along each side; all of them.
STEPS = CELLS - SPAN + 1
COVERS = STEPS * STEPS


def covered(picture: Image.Image) -> Iterator[Image.Image]:
    """Yield an RGB picture with each cover on it, row by row from the top left: `COVERS` pictures.

    Covers have the picture's mean colour: a foreign colour would be something to see.
    """
    mean = tuple(round(value) for value in ImageStat.Stat(picture).mean)
    for row in range(STEPS):
        for column in range(STEPS):
            made = picture.copy()
            made.paste(mean, edges(picture.size, column, row))
            yield made


def edges(size: tuple[int, int], column: int, row: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom in pixels of the cover whose first cell this is."""
    width, height = size
    return (
        column * width // CELLS,
        row * height // CELLS,
        (column + SPAN) * width // CELLS,
        (row + SPAN) * height // CELLS,
    )


def heat(drops: Float32Array) -> Float32Array:
    """Return what each cell is worth (CELLS, CELLS), by row, from the covers' drops (COVERS,).

    A cell has the mean drop in similarity of the covers that lie on it.
    """
    places = np.asarray(drops, np.float32).reshape(STEPS, STEPS)
    total = np.zeros((CELLS, CELLS), np.float32)
    times = np.zeros((CELLS, CELLS), np.float32)
    for row in range(SPAN):
        for column in range(SPAN):
            total[row : row + STEPS, column : column + STEPS] += places
            times[row : row + STEPS, column : column + STEPS] += 1
    return total / times
