"""Two runs side by side, or why not."""

import re

import pytest
from django.urls import reverse

from tests.evaluation.landmarks import DOOR, GATE, GATE_AP, ORDER, STANDARD_AP, imported
from tests.evaluation.views.viewing import evaluated, foreign, heavy_columns_read, table_rows
from tests.pages import html, text

pytestmark = pytest.mark.django_db

COMPARE = "/evaluation/compare/"
# Everything right first, junk aside: an AP of 1.
PERFECT = ["door_a", "door_b", "door_ok", "door_far", "door_junk", "wrong_1"]


@pytest.fixture
def ours(benchmark_rows):
    return evaluated(benchmark_rows)


@pytest.fixture
def theirs(benchmark_rows):
    return foreign(benchmark_rows, {"door_1": PERFECT, "gate_1": ["wrong_1", "gate_a"]})


def compared(client, first, second):
    return client.get(COMPARE, {"first": first.pk, "second": second.pk})


def test_topics_stand_side_by_side(client, ours, theirs):
    # Catches a difference the wrong way round.
    response = compared(client, ours, theirs)
    gate_ap = (0 + 1 / 2) / 4
    rows = {row[0]: row[1:] for row in table_rows(response) if row[0] in ("door_1", "gate_1")}
    assert rows["door_1"] == [f"{STANDARD_AP:.4f}", "1.0000", f"+{1 - STANDARD_AP:.4f}"]
    assert rows["gate_1"] == [f"{GATE_AP:.4f}", f"{gate_ap:.4f}", f"−{GATE_AP - gate_ap:.4f}"]
    seen = text(response)
    ours_mean, mean = (STANDARD_AP + GATE_AP) / 2, (1 + gate_ap) / 2
    assert f"mAP {ours_mean:.4f} (run {ours.pk}) → {mean:.4f} (run {theirs.pk})" in seen
    assert "of the 2 landmarks" in seen
    assert "of the 4 sign patterns" in seen
    assert "With fewer than 6 landmarks the test cannot reach p = 0.05" in seen
    swapped = compared(client, theirs, ours)
    assert ["door_1", "1.0000", f"{STANDARD_AP:.4f}", f"−{1 - STANDARD_AP:.4f}"] in table_rows(
        swapped
    )


def test_what_moved_most_comes_first(client, ours, theirs):
    # Catches a list by signed difference, which hides what became worse.
    response = compared(client, ours, theirs)
    moved = html(response).split('id="moved-title"')[1].split("</section>")[0]
    assert re.findall(r'<th scope="row">(\w+)</th>', moved) == ["gate_1", "door_1"]
    same = compared(client, ours, evaluated(ours.benchmark, crop=True))
    assert "No topic changed" in text(same)
    assert "Their provenance is the same." not in text(same)
    assert ["Query box used", "no", "yes"] in table_rows(same)


def test_what_only_one_run_has_is_named(client, ours, benchmark_rows):
    # Catches a mean over other topics than the other mean.
    partial = foreign(benchmark_rows, {"door_1": ORDER})
    response = compared(client, ours, partial)
    assert "Left out, because only one run has them: gate_1." in text(response)
    assert "Over 1 topic that both runs evaluated." in text(response)
    assert f"mAP {STANDARD_AP:.4f}" in text(response)


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ({"protocol": "good"}, ["Protocol", "standard (good and ok)", "good"]),
        ({"exclude_self": True}, ["Without the query's own picture", "no", "yes"]),
    ],
)
def test_other_questions_are_refused_naming_the_field(client, ours, asked, row):
    # Catches two numbers in one row that mean different things.
    response = compared(client, ours, evaluated(ours.benchmark, **asked))
    assert response.status_code == 409
    assert "The runs cannot be compared, because they differ in:" in text(response)
    assert row in table_rows(response)
    assert "<img" not in html(response).split("<main")[1]


def test_other_benchmarks_are_refused(client, ours):
    # Catches equal topic names of two benchmarks taken for the same.
    other = evaluated(imported(DOOR, name="doors"))
    response = compared(client, ours, other)
    assert response.status_code == 409
    assert ["Benchmark", "landmarks", "doors"] in table_rows(response)


def test_runs_without_a_common_topic_are_refused(client, benchmark_rows):
    # Catches a mean of nothing.
    first = foreign(benchmark_rows, {"door_1": ORDER})
    second = foreign(benchmark_rows, {"gate_1": ["gate_a"]})
    response = compared(client, first, second)
    assert response.status_code == 409
    assert "no evaluated topic in common" in text(response)


def test_two_ticked_runs_are_compared_from_the_older_one(client, ours, theirs):
    # Catches a direction that depends on how the list was sorted.
    wanted = f"{COMPARE}?first={ours.pk}&second={theirs.pk}"
    for pks in ([ours.pk, theirs.pk], [theirs.pk, ours.pk]):
        assert client.get(COMPARE, {"run": pks}).headers["Location"] == wanted


def test_any_other_number_of_ticked_runs_is_refused(client, ours, theirs):
    # Catches a third run that is left out without a word.
    third = evaluated(ours.benchmark)
    for pks in ([ours.pk], [ours.pk, theirs.pk, third.pk]):
        response = client.get(COMPARE, {"run": pks})
        assert response.status_code == 400
        assert f"Tick two runs to compare; you ticked {len(pks)}." in text(response)


@pytest.mark.parametrize("pk", ["987654", "9" * 40, "x", "\x00", "", "-1"])
def test_bad_numbers_are_form_errors(client, ours, pk):
    # Catches a stack trace for an address that somebody changed.
    response = client.get(COMPARE, {"first": ours.pk, "second": pk})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == ["second"]
    assert client.get(COMPARE, {"run": [pk, pk]}, follow=True).status_code == 400
    chart = reverse("evaluation:differences_chart", args=["svg"])
    assert client.get(chart, {"first": ours.pk, "second": pk}).status_code == 404


def test_a_run_is_not_compared_with_itself(client, ours):
    # Catches a comparison that is all zeros and looks like a result.
    response = compared(client, ours, ours)
    assert response.status_code == 400
    assert "Choose two different runs." in text(response)


def test_the_empty_form_offers_the_run_one_came_from(client, ours, theirs):
    # Catches a button that forgets where it was pressed.
    response = client.get(COMPARE, {"first": theirs.pk})
    assert response.status_code == 200
    assert f'<option value="{theirs.pk}" selected>' in html(response)
    assert client.get(COMPARE).status_code == 200


def test_comparing_reads_no_rankings(client, ours, theirs):
    # Catches a page that loads what it does not show.
    address = f"{COMPARE}?first={ours.pk}&second={theirs.pk}"
    assert heavy_columns_read(client, address) == set()


def test_systems_whose_pictures_are_not_here(client, collection):
    # Catches a page that needs rows of the catalogue.
    benchmark = imported(DOOR | GATE)
    first = foreign(benchmark, {"door_1": PERFECT})
    second = foreign(benchmark, {"door_1": PERFECT[::-1]})
    assert compared(client, first, second).status_code == 200


def test_what_was_ticked_is_kept(client, ours, theirs):
    # Catches a form that forgets the runs of a choice that was one too few or too many.
    page = html(client.get(COMPARE, {"run": theirs.pk}))
    assert f'<option value="{theirs.pk}" selected>' in page
    page = html(compared(client, ours, theirs))
    back = f"/evaluation/?run={ours.pk}&amp;run={theirs.pk}"
    assert f'href="{back}"' in page
    assert html(client.get(back.replace("&amp;", "&"))).count(" checked ") == 2
