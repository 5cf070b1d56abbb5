"""What the pages' own tags and filters make."""

import pytest

from catalog.templatetags.sis_pages import breakable


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("radcliffe_camera_000001", "radcliffe_<wbr>camera_<wbr>000001"),
        ("2019/summer-trip/img.1", "2019/<wbr>summer-<wbr>trip/<wbr>img.<wbr>1"),
        ("a__b", "a__<wbr>b"),  # no line begins with a separator
        ("_hidden", "_<wbr>hidden"),
        ("plain name", "plain name"),  # spaces break by themselves
        ("<b>_&", "&lt;b&gt;_<wbr>&amp;"),  # catches names that are taken for markup
        ("", ""),
    ],
)
def test_names_break_after_separators(name, expected):
    assert breakable(name) == expected
