"""Boxes typed by people."""

import pytest

from search.boxes import parse_box


def test_four_numbers_make_a_box():
    assert parse_box("136.5, 34.1,648.5,955.7") == (136.5, 34.1, 648.5, 955.7)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,2,3,4", "1,2,nan,4", "0,0,inf,1"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"number|float"):
        parse_box(text)


@pytest.mark.parametrize("text", ["5,0,5,9", "9,0,5,9", "0,9,5,9"])
def test_a_box_needs_an_area(text):
    with pytest.raises(ValueError, match="no area"):
        parse_box(text)
