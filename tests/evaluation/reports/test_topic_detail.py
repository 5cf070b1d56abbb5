"""What the pages read from a run: a topic's places, the AP variants, the label audit."""

import pytest

from evaluation.models import EvaluationRun
from evaluation.reports.ap_variants import VARIANTS, ap_variants
from evaluation.reports.audit import audit_run
from evaluation.reports.topic_detail import Role, TopicDetail, query_image
from evaluation.runs.importing import import_run
from evaluation.runs.runner import evaluate
from tests.evaluation.landmarks import (
    DOOR,
    GATE_AP,
    ORDER,
    STANDARD_AP,
    Describer,
    imported,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(benchmark_rows):
    return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())


def detail(run, name):
    return TopicDetail(run.results.with_rankings().get(name=name))


class TestTopic:
    def test_every_place_says_what_it_is_and_what_it_adds(self, run, pictures):
        places = detail(run, "door_1").places()
        assert [place.name for place in places] == ORDER
        assert [place.position for place in places] == list(range(1, 10))
        assert [place.rank for place in places] == [1, 2, 3, None, 4, 5, 6, 7, 8]
        assert [place.label for place in places[:6]] == ["good", "good", "", "junk", "ok", ""]
        assert [place.role for place in places[2:5]] == [Role.WRONG, Role.IGNORED, Role.POSITIVE]
        assert [place.recall for place in places[:5]] == [0.25, 0.5, 0.5, 0.5, 0.75]
        assert places[4].precision == pytest.approx(3 / 4)
        assert sum(place.area for place in places) == pytest.approx(STANDARD_AP)
        assert [place.is_query for place in places[:2]] == [True, False]
        assert places[0].image == pictures["door_a"]

    def test_a_stretch_is_the_same_as_in_the_whole(self, run):
        """Catches ranks and sums that begin anew on the second page."""
        whole = detail(run, "door_1").places()
        assert detail(run, "door_1").places(3, 6) == whole[3:6]
        assert detail(run, "door_1").places(100, 130) == []

    def test_junk_on_top_has_no_precision_yet(self, run):
        junk = detail(run, "lamp_1").places(0, 3)
        assert [place.recall for place in junk] == [0, 0, 0]  # no positives at all

    def test_what_was_not_found_is_named(self, run):
        assert detail(run, "gate_1").missing() == [("gate_gone", "good")]

    def test_pictures_that_left_are_still_named(self, run, collection):
        collection.images.all().delete()
        gone = detail(EvaluationRun.objects.get(), "door_1")
        assert [place.name for place in gone.places()] == ORDER
        assert gone.places()[0].image is None
        assert query_image(gone.result) is None

    def test_own_picture_is_ignored_where_it_is_left_out(self, benchmark_rows):
        run = evaluate(
            benchmark=benchmark_rows, crop=False, exclude_self=True, descriptor=Describer()
        )
        first = detail(run, "door_1").places(0, 1)[0]
        assert (first.role, first.rank, first.label) == (Role.IGNORED, None, "good")
        assert first.precision == 0

    def test_a_topic_without_a_ranking_cannot_be_read(self, run):
        with pytest.raises(ValueError, match="tower_1 was not evaluated"):
            detail(run, "tower_1")


class TestApVariants:
    def test_each_variant_by_hand(self, benchmark_rows):
        """The same ranking under four definitions; gate_gone stands first in its file."""
        run = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        variants = ap_variants(run=run)
        gate = next(topic for topic in variants.topics if topic.result.name == "gate_1")
        # legacy: gate_gone not in T, then 1 of 2: (0 + 1/2) / 2. The others: found at rank 0.
        assert dict(zip(VARIANTS, gate.figures, strict=True)) == pytest.approx(
            {"legacy": 0.25, "ap_at_30": GATE_AP, "trec_ap": 0.5, "ap": GATE_AP}
        )
        assert gate.spread == pytest.approx(0.25)
        assert variants.by_spread()[0] == gate
        assert variants.means[-1] == pytest.approx(run.mean_ap)
        assert variants.faithful

    def test_only_whole_pictures_repeat_the_original(self, benchmark_rows):
        cropped = evaluate(benchmark=benchmark_rows, protocol="good", descriptor=Describer())
        variants = ap_variants(run=cropped)
        assert not variants.faithful
        assert variants.published == pytest.approx(0.5703)

    def test_a_run_without_figures_has_no_means(self, pictures):
        bare = DOOR | {"door_1_good.txt": "", "door_1_ok.txt": ""}
        run = evaluate(benchmark=imported(bare, name="bare"), crop=False, descriptor=Describer())
        assert ap_variants(run=run).means == (None,) * 4


class TestAudit:
    def test_it_queues_what_is_unlabelled_high_and_good_low(self, benchmark_rows):
        lines = ["wrong_1", "door_ok", "door_junk", "wrong_2", "door_b", "gate_a", "door_a"]
        data = "".join(f"door_1 Q0 {n} 1 {9 - at} t\n" for at, n in enumerate(lines))
        run = import_run(data=data.encode(), file="f", benchmark=benchmark_rows)
        audit = audit_run(run=run, depth=3)
        assert [(s.name, s.best_rank) for s in audit.unlabelled] == [("wrong_1", 1), ("wrong_2", 3)]
        # Depth 3, but R = 4: door_b at rank 4 is where it may be, door_a at rank 6 is below both.
        assert [(s.name, s.worst_rank) for s in audit.buried] == [("door_far", None), ("door_a", 6)]
        assert audit.buried[0].label == "good"
        assert [bounds.m for bounds in audit.bounds] == [1, 5, 10]
        assert audit.bounds[0].as_labelled == pytest.approx(run.mean_ap)

    def test_topics_of_a_landmark_are_one_suspicion(self, pictures):
        files = DOOR | {name.replace("_1_", "_2_"): text for name, text in DOOR.items()}
        files["door_2_query.txt"] = "wrong_2\n"
        benchmark = imported(files, name="two")
        run = evaluate(benchmark=benchmark, crop=False, descriptor=Describer())
        suspects = {suspect.name: suspect for suspect in audit_run(run=run).unlabelled}
        wrong = suspects["wrong_1"]
        # From wrong_2 at 50 degrees: itself, door_ok and door_far, then wrong_1; junk is ignored.
        assert [sighting.rank for sighting in wrong.sightings] == [3, 4]
        assert wrong.landmark == "door"

    def test_own_picture_is_no_suspect_where_it_is_left_out(self, benchmark_rows):
        data = b"door_1 Q0 door_b 1 1 t\n"
        run = import_run(data=data, file="f", benchmark=benchmark_rows, exclude_self=True)
        assert "door_a" not in {suspect.name for suspect in audit_run(run=run).buried}
