"""Recipes side by side: the newest run of each, and what differs is told, not compared."""

import pytest

from evaluation.models import Benchmark, EvaluationRun
from evaluation.reports.disagreement import disagreement
from evaluation.reports.recipe_table import Asked, newest_runs, recipe_table
from evaluation.runs.runner import evaluate
from tests.evaluation.landmarks import GATE_AP, STANDARD_AP, Describer, turned
from tests.evaluation.views.viewing import foreign, turn_around
from tests.helpers import add_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(benchmark_rows: Benchmark) -> Asked:
    return Asked(benchmark_rows, "standard", crop=False)


def evaluated(benchmark: Benchmark, recipe: str = "fc6", **options) -> EvaluationRun:
    run = evaluate(benchmark=benchmark, descriptor=Describer(), **({"crop": False} | options))
    EvaluationRun.objects.filter(pk=run.pk).update(recipe=recipe)
    run.recipe = recipe
    return run


class TestRows:
    def test_the_newest_run_of_each_recipe_on_this_question(self, asked):
        # Catches old runs, runs of other questions, and imported ones in the table.
        benchmark = asked.benchmark
        evaluated(benchmark)
        evaluated(benchmark, crop=True)
        evaluated(benchmark, protocol="good")
        newest = [evaluated(benchmark), evaluated(benchmark, "other")]
        foreign(benchmark, {"door_1": ["door_a"]})
        assert newest_runs(asked) == newest

    def test_figures_are_of_the_topics_in_the_mean(self, asked):
        evaluated(asked.benchmark)
        (row,) = recipe_table(asked).rows
        assert row.is_baseline
        assert row.run.mean_ap == pytest.approx((STANDARD_AP + GATE_AP) / 2)
        assert (row.p1, row.p10) == pytest.approx((1, (0.4 + 0.1) / 2))
        # Two landmarks: the interval reaches from the worse to the better.
        assert row.interval is not None
        expected = sorted([STANDARD_AP, GATE_AP])
        assert [row.interval.low, row.interval.high] == pytest.approx(expected)

    def test_differences_are_against_the_chosen_baseline(self, asked):
        # Catches the wrong sign, and a baseline that nobody chose.
        evaluated(asked.benchmark)
        other = evaluated(asked.benchmark, "other")
        other.results.filter(name="door_1").update(ap=STANDARD_AP - 0.2)
        table = recipe_table(asked, baseline="other")
        assert table.baseline == other
        row = table.others[0]
        assert row.recipe == "fc6"
        assert row.difference is not None
        assert row.difference.interval.mean == pytest.approx(0.1)
        assert (row.difference.test.exact, row.difference.test.p_value) == (True, 1)
        assert table.smallest_p == 0.5

    def test_another_set_of_pictures_is_told_and_not_compared(self, asked, collection):
        # Catches differences between runs that searched different pictures.
        evaluated(asked.benchmark)
        add_image(collection, "more", vector=turned(0))
        evaluated(asked.benchmark, "other")
        row = next(row for row in recipe_table(asked).rows if row.recipe == "other")
        assert (row.difference, list(row.obstacles)) == (None, ["pictures searched"])

    def test_nothing_evaluated_is_an_empty_table(self, asked):
        table = recipe_table(asked)
        assert (table.rows, table.baseline, table.smallest_p) == ([], None, None)


class TestDisagreement:
    def test_what_only_one_finds_is_named_with_its_rank(self, asked, collection):
        # Catches sides that are exchanged, and pictures that both find.
        for number in range(12):
            add_image(collection, f"filler_{number}", vector=turned(0))
        first, second = evaluated(asked.benchmark), evaluated(asked.benchmark, "other")
        found = disagreement(first=first, second=second)
        assert found.topics == []
        turn_around(second)
        (topic,) = disagreement(first=first, second=second).topics
        assert (topic.first.name, topic.query.name) == ("door_1", "door_a")
        assert [(one.name, one.rank) for one in topic.only_first] == [("door_a", 1)]
        # Behind lamp_a and gate_a; junk takes no place.
        found = [(one.name, one.rank) for one in topic.only_second]
        assert found == [("door_far", 3), ("door_ok", 5), ("door_b", 7)]
        assert all(one.image is not None for one in topic.only_second)
