"""A proof as lines and shapes over two pictures, in the pictures' own pixels. Pure."""

from dataclasses import dataclass

import numpy as np

from catalog.descriptors.local.features import LocalFeatures

from .transformations import Matrix, apply, inverse, weights
from .verification import Verified

# More lines hide what they are to show.
MOST_LINES = 60
# Between two pictures, in thousandths of the side that they have in common.
GAP = 40
SIDE = 1000

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Line = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`lines` tie a point of the query's picture to one of the hit's, the surest first; `outline`
    is where the query's part lies in the hit, empty where its edge is behind the camera; `matrix`
    (3, 3) takes pixels of the query's picture to the hit's."""

    lines: list[Line]
    outline: list[Point]
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's place in a drawing: left, top, width and height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Two pictures beside or above each other, and the lines between them, in one plane."""

    width: float
    height: float
    query: Frame
    hit: Frame
    lines: list[Line]


def drawn(
    verified: Verified,
    query: LocalFeatures,
    hit: LocalFeatures,
    *,
    part: Box,
    hit_size: tuple[int, int],
) -> Drawing:
    """Return the proof in pixels of the whole pictures.

    `part` is where the query's features lie in its picture, `hit_size` the hit's size.
    """
    x1, y1, x2, y2 = part
    to_part = scaling(query.size[0] / (x2 - x1), query.size[1] / (y2 - y1))
    to_part = to_part @ np.array([[1, 0, -x1], [0, 1, -y1], [0, 0, 1]], np.float64)
    to_whole = scaling(hit_size[0] / hit.size[0], hit_size[1] / hit.size[1])
    matches = verified.matches.take(np.arange(min(MOST_LINES, len(verified.matches))))
    start = apply(inverse(to_part), query.positions[matches.query].astype(np.float64))
    end = apply(to_whole, hit.positions[matches.hit].astype(np.float64))
    matrix = to_whole @ verified.matrix @ to_part
    corners = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], np.float64)
    in_front = bool((weights(matrix, corners) * weights(matrix, start).mean() > 0).all())
    return Drawing(
        lines=list(zip(points(start), points(end), strict=True)),
        outline=points(apply(matrix, corners)) if in_front else [],
        matrix=matrix,
    )


def scaling(wide: float, high: float) -> Matrix:
    return np.diag([wide, high, 1.0])


def points(array: np.ndarray) -> list[Point]:
    return [(round(float(x), 1), round(float(y), 1)) for x, y in array]


def beside(drawing: Drawing, query: tuple[int, int], hit: tuple[int, int]) -> Arrangement:
    """Return the two pictures (width, height) side by side, equally high."""
    left = Frame(0, 0, SIDE * query[0] / query[1], SIDE)
    right = Frame(left.width + GAP, 0, SIDE * hit[0] / hit[1], SIDE)
    return arranged(drawing, left, right, query, hit)


def above(drawing: Drawing, query: tuple[int, int], hit: tuple[int, int]) -> Arrangement:
    """Return the query's picture above the hit's, equally wide: for narrow screens."""
    first = Frame(0, 0, SIDE, SIDE * query[1] / query[0])
    second = Frame(0, first.height + GAP, SIDE, SIDE * hit[1] / hit[0])
    return arranged(drawing, first, second, query, hit)


def arranged(
    drawing: Drawing, first: Frame, second: Frame, query: tuple[int, int], hit: tuple[int, int]
) -> Arrangement:
    def placed(point: Point, frame: Frame, size: tuple[int, int]) -> Point:
        x = frame.x + point[0] / size[0] * frame.width
        y = frame.y + point[1] / size[1] * frame.height
        return round(x, 1), round(y, 1)

    lines = [(placed(a, first, query), placed(b, second, hit)) for a, b in drawing.lines]
    width, height = second.x + second.width, second.y + second.height
    return Arrangement(width, height, first, second, lines)
