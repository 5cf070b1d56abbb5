"""A proof as a drawing: in pixels of whole pictures, whatever was analysed of them."""

import numpy as np

from catalog.descriptors.local.rootsift import RootSift
from search.geometry.drawing import MOST_LINES, above, beside, drawn
from search.geometry.growing import MOST_GROWTH, back_projected, grown
from search.geometry.rules import Rules
from search.geometry.sides import Side
from search.geometry.verification import Verified, verify
from tests.scenes import SIZE, moved, scene, seen

LOCAL = RootSift(side=400)
PART = (100.0, 50.0, 500.0, 450.0)


def proven(query, hit):
    a, b = LOCAL.prepare(query), LOCAL.prepare(hit)
    verified = verify(Side(a), Side(b), Rules())
    assert verified is not None
    return verified, a, b


def test_a_part_is_drawn_where_it_lies_in_both_pictures():
    # Catches lines that are off by the corner of the part, or by how far a picture was reduced.
    picture = scene(1, (800, 600))
    hit = seen(picture, moved(30, 40))
    part = picture.crop(tuple(int(edge) for edge in PART))
    verified, a, b = proven(part, hit)
    drawing = drawn(verified, a, b, part=PART, hit_size=hit.size)
    assert 8 <= len(drawing.lines) <= MOST_LINES
    for (x1, y1), (x2, y2) in drawing.lines:
        assert PART[0] <= x1 <= PART[2]
        assert abs(x1 + 30 - x2) < 20
        assert abs(y1 + 40 - y2) < 20
    corners = np.array(drawing.outline) - (30, 40)
    assert np.abs(corners[[0, 2]] - np.array(PART).reshape(2, 2)).max() < 12


def test_an_outline_that_ends_behind_the_camera_is_left_out():
    verified, a, b = proven(scene(1), scene(1))
    behind = Verified(
        verified.inliers,
        np.array([[1, 0, 0], [0, 1, 0], [0.0, -0.02, 1]]),
        verified.matches.take(np.flatnonzero(a.positions[verified.matches.query][:, 1] < 40)),
    )
    size = (a.size[0], a.size[1])
    assert drawn(behind, a, b, part=(0, 0, *size), hit_size=size).outline == []


def test_two_pictures_are_placed_beside_and_above_each_other():
    verified, a, b = proven(scene(1), scene(1))
    drawing = drawn(verified, a, b, part=(0, 0, *SIZE), hit_size=SIZE)
    row, column = beside(drawing, SIZE, SIZE), above(drawing, SIZE, SIZE)
    assert row.query.height == row.hit.height == row.height
    assert row.hit.x > row.query.width
    assert column.query.width == column.hit.width == column.width
    (start, end), line = drawing.lines[0], row.lines[0]
    assert line[0][0] / row.query.width == round(start[0] / SIZE[0], 3) or line[0][0] > 0
    assert abs((line[1][0] - row.hit.x) / row.hit.width - end[0] / SIZE[0]) < 1e-3
    assert abs(column.lines[0][1][1] - column.hit.y - end[1] / SIZE[1] * column.hit.height) < 1


def test_a_query_grows_by_what_lies_in_its_outline():
    picture = scene(5, (800, 600))
    part = picture.crop((100, 50, 600, 550))
    local = RootSift()
    query, hit = local.prepare(part), local.prepare(picture)
    verified = verify(Side(query), Side(hit), Rules())
    assert verified is not None
    moved_back = back_projected(hit, verified, query.size)
    assert ((moved_back.positions >= 0) & (moved_back.positions < query.size)).all()
    # Matched ones are the query's own already.
    assert len(moved_back) < len(hit) - len(verified.matches)
    larger = grown(query, [(hit, verified)])
    assert len(query) < len(larger) <= MOST_GROWTH * len(query)
    assert np.array_equal(larger.positions[: len(query)], query.positions)
    assert larger.size == query.size


def test_growth_is_bounded():
    # Catches a query of 200 proven pictures that takes 200 times as long.
    query = LOCAL.prepare(scene(6))
    verified = verify(Side(query), Side(query), Rules())
    assert verified is not None
    none = Verified(9, np.eye(3), verified.matches.take(np.empty(0, np.int64)))
    assert len(grown(query, [(query, none)] * 5)) == int(MOST_GROWTH * len(query))
