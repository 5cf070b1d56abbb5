"""Which runs may be compared, and what a comparison says."""

import pytest

from evaluation.models import EvaluationRun
from evaluation.reports.comparison import NothingToCompare, compare_runs
from evaluation.reports.provenance import NotComparable, check_comparable, provenance, subjects
from evaluation.runs.importing import import_run
from evaluation.runs.runner import evaluate
from tests.evaluation.landmarks import (
    DOOR,
    FILES,
    GATE_AP,
    STANDARD_AP,
    Describer,
    imported,
    turned,
)
from tests.helpers import add_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(benchmark_rows):
    return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())


def obstacles(first, second):
    with pytest.raises(NotComparable) as caught:
        check_comparable(first, second)
    return [mismatch.field for mismatch in caught.value.mismatches], str(caught.value)


class TestProvenance:
    def test_the_same_again_differs_in_nothing(self, run, benchmark_rows):
        again = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        check_comparable(run, again)
        assert subjects(run, again) == []
        assert again.collection_hash == run.collection_hash

    @pytest.mark.parametrize("options", [{"protocol": "good"}, {"exclude_self": True}])
    def test_another_question_is_refused_by_name(self, run, benchmark_rows, options):
        other = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer(), **options)
        fields, said = obstacles(run, other)
        assert fields == list(options)
        assert "because they differ in" in said

    def test_edited_judgements_are_refused(self, run):
        files = FILES | {"lamp_1_good.txt": "lamp_a\n"}
        other = evaluate(benchmark=imported(files), crop=False, descriptor=Describer())
        assert obstacles(run, other)[0] == ["judgements_hash"]

    def test_other_pictures_are_refused(self, run, benchmark_rows, collection):
        """Catches a comparison of a corpus with the same corpus and distractors."""
        add_image(collection, "distractor", vector=turned(45, axis=6))
        other = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        assert obstacles(run, other)[0] == ["names_hash"]

    def test_another_benchmark_is_refused(self, run):
        other = imported(DOOR, name="door")
        fields, _said = obstacles(run, evaluate(benchmark=other, descriptor=Describer()))
        assert "benchmark" in fields

    def test_crop_and_other_systems_are_what_comparisons_are_about(self, run, benchmark_rows):
        cropped = evaluate(benchmark=benchmark_rows, descriptor=Describer())
        check_comparable(run, cropped)
        (subject,) = subjects(run, cropped)
        assert (subject.field, subject.first, subject.second) == ("crop", False, True)
        data = b"door_1 Q0 door_a 1 1 theirs\n"
        theirs = import_run(data=data, file="f", benchmark=benchmark_rows)
        check_comparable(run, theirs)
        assert {"source", "system"} <= {subject.field for subject in subjects(run, theirs)}

    def test_provenance_holds_every_fact_and_tells_no_from_unknown(self, run, benchmark_rows):
        entries = {entry.field: entry for entry in provenance(run)}
        assert entries["crop"].value is False
        assert entries["crop"].is_known
        data = b"door_1 Q0 door_a 1 1 theirs\n"
        theirs = import_run(data=data, file="f", benchmark=benchmark_rows)
        assert not {entry.field: entry for entry in provenance(theirs)}["crop"].is_known


class TestComparison:
    @pytest.fixture
    def theirs(self, benchmark_rows) -> EvaluationRun:
        """Perfect for gate_1, (0 + 1/2) / 8 for door_1, and tower_1, which the other lacks."""
        lines = [
            *("gate_1 Q0 gate_a 1 9 t", "gate_1 Q0 gate_gone 2 8 t"),
            *("door_1 Q0 wrong_1 1 9 t", "door_1 Q0 door_a 2 8 t"),
            "tower_1 Q0 tower_a 1 9 t",
        ]
        return import_run(data="\n".join(lines).encode(), file="f", benchmark=benchmark_rows)

    def test_it_is_over_the_topics_of_both(self, run, theirs):
        found = compare_runs(first=run, second=theirs)
        moves = {topic.name: topic.difference for topic in found.topics}
        assert moves == pytest.approx({"door_1": 1 / 16 - STANDARD_AP, "gate_1": 1 - GATE_AP})
        assert found.left_out == ["tower_1"]
        assert found.first_mean == pytest.approx((STANDARD_AP + GATE_AP) / 2)
        assert found.difference == pytest.approx(sum(moves.values()) / 2)
        assert [topic.name for topic in found.most_moved()] == ["door_1", "gate_1"]
        assert [topic.name for topic in found.most_moved(1)] == ["door_1"]

    def test_significance_is_over_landmarks(self, run, theirs):
        found = compare_runs(first=run, second=theirs)
        assert (found.test.groups, found.test.patterns, found.test.exact) == (2, 4, True)
        assert found.test.mean == pytest.approx(found.difference)
        # Differences of opposite signs: only the two patterns with equal signs are as extreme as
        # themselves, the observed one is the weaker pair.
        assert found.test.p_value == 1
        assert found.interval.low <= found.difference <= found.interval.high

    def test_nothing_in_common_is_said(self, run, benchmark_rows):
        data = b"tower_1 Q0 tower_a 1 1 t\n"
        other = import_run(data=data, file="f", benchmark=benchmark_rows)
        with pytest.raises(NothingToCompare, match="no evaluated topic in common"):
            compare_runs(first=run, second=other)
