"""The AP variants: figures known by hand, side by side."""

import pytest
from django.urls import reverse

from evaluation.models import TopicResult
from tests.evaluation.landmarks import DOOR, LAMP, ORDER, STANDARD_AP, imported
from tests.evaluation.views.viewing import evaluated, foreign, heavy_columns_read, table_rows
from tests.pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(pictures):
    """A benchmark of one topic."""
    return imported(DOOR)


def variants(client, run):
    return client.get(reverse("evaluation:ap_variants", args=[run.pk]))


def test_four_figures_of_one_ranking(client, door):
    # Catches a column under another one's name.
    run = evaluated(door)
    response = variants(client, run)
    trec = (1 / 1 + 2 / 2 + 3 / 4 + 4 / 6) / 4
    figures = ["1.0000", f"{STANDARD_AP:.4f}", f"{trec:.4f}", f"{STANDARD_AP:.4f}"]
    row = next(row for row in table_rows(response) if row[0] == "door_1")
    assert row[1:5] == figures
    assert row[5] == f"{1 - STANDARD_AP:.4f}"
    seen = text(response)
    for name, mean in zip(("legacy-2021", "AP@30", "trec_eval", "Oxford"), figures, strict=True):
        assert f"{name} {mean}" in seen


def test_the_same_hits_in_two_orders_give_two_answers(client, door):
    # Catches an example that does not show what it says.
    rows = table_rows(variants(client, evaluated(door)))
    # (1 + 1 + 1 + 3/4 + 3/5 + 3/6) / 6 and (1/4 + 2/5 + 3/6) / 6.
    assert [row[2] for row in rows if row[0] == "hit, hit, hit, miss, miss, miss"] == ["0.8083"]
    assert [row[2] for row in rows if row[0] == "miss, miss, miss, hit, hit, hit"] == ["0.1917"]


def test_what_the_figures_disagree_about_most_comes_first(client, benchmark_rows):
    # Catches the benchmark's order.
    run = evaluated(benchmark_rows)
    TopicResult.objects.filter(run=run, name="gate_1").update(legacy=0, ap=0.9)
    topics = [row[0] for row in table_rows(variants(client, run)) if row[0].endswith("_1")]
    assert topics == ["gate_1", "door_1"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"protocol": "good"}, "its legacy-2021 is the figure to compare with 57.03 %"),
        ({"protocol": "good", "crop": True}, "evaluate in the same way"),
        ({"protocol": "good", "exclude_self": True}, "evaluate in the same way"),
        ({}, "not even legacy-2021 can be compared with it here"),
    ],
)
def test_it_says_whether_the_published_figure_is_comparable(client, door, asked, words):
    # Catches a comparison of two different questions.
    seen = text(variants(client, evaluated(door, **asked)))
    assert [part in seen for part in EXPLANATIONS] == [part in words for part in EXPLANATIONS]
    assert words in seen


EXPLANATIONS = ("its legacy-2021 is the figure", "evaluate in the same way", "not even legacy-2021")


def test_an_imported_run_and_one_without_positives(client, door):
    # Catches a page that needs a search of this system, or a mean of nothing.
    run = foreign(door, {"door_1": ORDER}, protocol="good")
    assert "evaluate in the same way" in text(variants(client, run))
    empty = evaluated(imported(LAMP, name="lamp"))
    assert "there is nothing to show" in text(variants(client, empty))


def test_the_page_reads_no_rankings(client, door):
    # Catches figures that are computed again although they are stored.
    run = evaluated(door)
    assert heavy_columns_read(client, reverse("evaluation:ap_variants", args=[run.pk])) == set()


def test_the_old_address_leads_here_with_its_query(client, door):
    # Catches bookmarks of the last release that are lost, and a query string that is dropped.
    run = evaluated(door)
    response = client.get(f"/evaluation/runs/{run.pk}/museum/", {"back": "1"})
    assert response.status_code == 301
    assert response["Location"] == f"/evaluation/runs/{run.pk}/ap-variants/?back=1"
    assert client.get(response["Location"]).status_code == 200
