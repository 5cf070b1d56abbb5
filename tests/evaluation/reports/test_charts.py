"""Charts: what they show, in which language, the same each time; and the addresses they have."""

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import translation
from PIL import Image as PillowImage

from evaluation.measures.anatomy import Trapezoid, anatomy
from evaluation.measures.metrics import judge
from evaluation.reports.chart_colours import DARK, with_dark_colours
from evaluation.reports.charts import (
    ANATOMY_FRAME,
    Bar,
    anatomy_chart,
    bar_chart,
    bars_size,
    curve_chart,
    signed_number,
    trapezoid_points,
)
from tests.evaluation.landmarks import ORDER
from tests.evaluation.views.viewing import evaluated, foreign

BARS = [
    Bar("door_1", "door", 0.625),
    Bar("door_2", "door", 0.0),
    Bar("gate_1", "gate", None, "no positives"),
]
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def shades(svg: bytes) -> int:
    """How many bars or areas a chart has in the colour of its data."""
    return len(re.findall(rb"fill: #0f766e", svg))


@pytest.fixture(scope="module")
def steps() -> list[Trapezoid]:
    """Two of three positives found, at ranks 0 and 2."""
    return anatomy(judge([1, 7, 2], [1, 2, 3]))


class TestBars:
    def test_every_row_has_its_name_and_its_value_or_why_not(self):
        # Catches a topic without an AP drawn as a 0, and one with 0 left out.
        shown = texts(bar_chart(BARS, label="AP", mean=0.3125).svg())
        assert {"door_1", "door_2", "gate_1"} <= set(shown)
        assert [text for text in shown if text in ("0.625", "0.000", "no positives")] == [
            "0.625",
            "0.000",
            "no positives",
        ]

    def test_the_size_is_known_without_drawing(self):
        # Catches a page that jumps when the chart arrives, or a picture out of shape.
        for number in (1, 3, 55):
            bars = [Bar(f"topic_{index}", f"{index // 5}", 0.5) for index in range(number)]
            png = PillowImage.open(BytesIO(bar_chart(bars, label="AP").png()))
            assert png.size == pytest.approx([2 * side for side in bars_size(bars)], abs=1)

    def test_differences_tell_their_direction_without_colour(self):
        # Catches a loss that only its colour tells apart.
        bars = [Bar("up", "a", 0.2), Bar("down", "b", -0.1), Bar("same", "c", 0.0)]
        svg = bar_chart(bars, label="difference", signed=True).svg()
        shown = texts(svg)
        assert {"+0.200", "−0.100", "0.000"} <= set(shown)
        assert svg.count(b"<pattern ") == 1

    def test_names_are_neither_formulas_nor_markup(self):
        # Catches matplotlib's own language, which a dollar sign starts, and broken XML.
        names = ["a$x_1$b", "<script>&", r"\frac_1", "100%"]
        svg = bar_chart([Bar(name, name, 0.5) for name in names], label="AP").svg()
        assert set(names) <= set(texts(svg))
        assert b"<script" not in svg

    def test_long_names_keep_their_end(self):
        # Catches five topics of one landmark with the same name.
        names = [f"{'very_long_landmark_' * 4}{number}" for number in range(3)]
        bars = [Bar(name, "group", 0.5) for name in names]
        shown = [text for text in texts(bar_chart(bars, label="AP").svg()) if "…" in text]
        assert len(set(shown)) == 3

    @pytest.mark.slow
    def test_very_many_topics_fit_into_a_png(self):
        # Catches a picture that is larger than the renderer can make.
        bars = [Bar(f"topic_{number}", "group", None) for number in range(1100)]
        png = PillowImage.open(BytesIO(bar_chart(bars, label="AP").png()))
        assert png.height == pytest.approx(32_000, abs=1)

    def test_nothing_to_draw_is_no_error(self):
        # Catches a maximum of nothing.
        assert bar_chart([], label="AP").svg()
        assert bar_chart([], label="difference", signed=True).svg()


class TestLines:
    def test_a_curve_has_a_mark_at_every_recall(self):
        # Catches points that are left out.
        svg = curve_chart([1, 0.9, 0.8, 0.5, 0.4, 0.3, 0.2, 0.2, 0.1, 0, 0]).svg()
        assert svg.count(b"<use ") >= 11
        assert {"recall", "precision", "0.6"} <= set(texts(svg))

    def test_an_anatomy_has_an_area_for_every_positive_found(self, steps):
        # Catches an area that is missing from the picture of the sum.
        assert shades(anatomy_chart(steps).svg()) - shades(anatomy_chart([]).svg()) >= len(steps)

    def test_the_layer_above_the_anatomy_counts_in_its_pixels(self, steps):
        # Catches a highlight beside the area that it should mark.
        left, top, width, height = ANATOMY_FRAME
        corners = [
            tuple(map(float, corner.split(","))) for corner in trapezoid_points(steps[1]).split()
        ]
        floor = top + height
        wanted = [
            (left + width / 3, floor),
            (left + width / 3, top + height * (1 - 1 / 2)),
            (left + width * 2 / 3, top + height * (1 - 2 / 3)),
            (left + width * 2 / 3, floor),
        ]
        assert corners == [pytest.approx(point, abs=0.01) for point in wanted]


class TestEveryChart:
    def test_the_same_values_give_the_same_bytes(self):
        # Catches dates and random ids, which would defeat every comparison and cache.
        first, second = (bar_chart(BARS, label="AP").svg() for _time in range(2))
        assert first == second
        assert b"dc:date" not in first

    def test_charts_can_be_drawn_at_the_same_time(self, steps):
        # Catches state that threads share: a server draws in several.
        jobs = [
            lambda: bar_chart(BARS, label="AP").svg(),
            lambda: curve_chart([1, 0.5, 0]).svg(),
            lambda: anatomy_chart(steps).svg(),
        ] * 3
        alone = [job() for job in jobs]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda job: job(), jobs))
        assert together == alone

    def test_text_stays_text_in_the_readers_language(self):
        # Catches letters drawn as outlines, lost accents, and decimal points in Vietnamese.
        with translation.override("vi"):
            shown = texts(bar_chart([Bar("chùa_Một_Cột", "chùa", 0.625)], label="độ").svg())
            assert signed_number(-0.5) == "−0,500"
        assert {"chùa_Một_Cột", "độ", "0,625", "0,6"} <= set(shown)

    def test_numbers_are_rounded(self):
        # Catches digits that are cut off.
        assert signed_number(0.12366) == "+0.124"
        assert signed_number(-0.0004) == "0.000"


@pytest.mark.django_db
class TestAddresses:
    @pytest.fixture
    def run(self, benchmark_rows):
        return evaluated(benchmark_rows)

    @pytest.fixture
    def addresses(self, run) -> list[str]:
        other = foreign(run.benchmark, {"door_1": ORDER[::-1]})
        pair = f"?first={run.pk}&second={other.pk}"
        return [
            reverse("evaluation:topics_chart", args=[run.pk, "svg"]),
            reverse("evaluation:curve_chart", args=[run.pk, "svg"]),
            reverse("evaluation:anatomy_chart", args=[run.pk, 0, "svg"]),
            reverse("evaluation:differences_chart", args=["svg"]) + pair,
        ]

    def test_svg_is_a_document_in_which_nothing_can_run(self, client, addresses):
        # Catches a policy that hides the chart's styles, and one that lets scripts in.
        for address in addresses:
            response = client.get(address)
            assert response["Content-Type"] == "image/svg+xml"
            policy = response["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "style-src 'unsafe-inline'" in policy
            assert "script" not in policy
            assert texts(response.content)

    def test_png_is_the_same_picture(self, client, addresses):
        # Catches an ending that changes the name alone.
        for address in addresses:
            response = client.get(address.replace(".svg", ".png"))
            assert response["Content-Type"] == "image/png"
            PillowImage.open(BytesIO(response.content)).verify()

    def test_a_browser_keeps_a_chart_as_long_as_it_is_right(self, client, addresses):
        # Catches a chart drawn for every look, and one that stays in another language.
        for address in addresses:
            etag = client.get(address)["ETag"]
            assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
            headers = {"If-None-Match": etag, "Accept-Language": "vi"}
            assert client.get(address, headers=headers).status_code == 200

    def test_downloads_have_a_name(self, client, run, addresses):
        # Catches a file called "topics.svg" for every run.
        response = client.get(f"{addresses[0]}?download")
        assert response["Content-Disposition"] == (
            f'attachment; filename="run-{run.pk}-topics.svg"'
        )
        assert "Content-Disposition" not in client.get(addresses[0])

    @pytest.mark.parametrize("kind", ["pdf", "SVG", "svgz", "svg/", ""])
    def test_other_kinds_do_not_exist(self, client, run, kind):
        # Catches a format that matplotlib would write.
        assert client.get(f"/evaluation/runs/{run.pk}/topics.{kind}").status_code == 404

    def test_topics_without_a_number_say_so(self, client, addresses):
        # Catches a bar of length 0 for a topic that was not measured.
        shown = texts(client.get(addresses[0]).content)
        assert {"no positives", "not evaluated"} <= set(shown)
        assert "0.000" not in shown


def test_every_colour_has_one_for_dark_screens():
    # Catches ink on a dark ground: a colour that is drawn and has no dark one.
    steps = [Trapezoid(0, 0, 1, 1, 0.5, 0.5, 0.5), Trapezoid(1, 1, 1, 0.7, 1, 0.5, 0.4)]
    drawn = [
        bar_chart([*BARS, Bar("lost", "x", -0.4)], label="AP", mean=0.3, signed=True),
        curve_chart([1, 0.5, 0]),
        anatomy_chart(steps),
    ]
    for chart in drawn:
        svg = chart.svg()
        used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", svg.decode()))
        assert used <= set(DARK)
        dark = with_dark_colours(svg)
        ElementTree.fromstring(dark)
        assert b"prefers-color-scheme: dark" in dark
