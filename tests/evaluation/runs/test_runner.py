"""From a benchmark to a run: known rankings, known figures, nothing silently left out."""

import numpy as np
import pytest

from catalog.descriptors import DescriptorError, base
from catalog.models import Collection, Image
from evaluation.models import EvaluationRun, Outcome, Topic, TopicVector
from evaluation.runs.query_vectors import query_vectors
from evaluation.runs.runner import (
    EvaluationError,
    EvaluationInterrupted,
    evaluate,
    new_run,
    positions_of,
)
from tests.evaluation.landmarks import (
    DOOR,
    GATE_AP,
    GOOD_AP,
    ORDER,
    STANDARD_AP,
    TOWER,
    WITHOUT_SELF_AP,
    Describer,
    imported,
    turned,
)
from tests.helpers import add_image, unit_vectors

pytestmark = pytest.mark.django_db


def results(run):
    return {result.name: result for result in run.results.with_rankings()}


def aps(run):
    return {name: result.ap for name, result in results(run).items()}


@pytest.fixture
def run(benchmark_rows):
    return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())


class TestFigures:
    def test_they_are_those_worked_out_by_hand(self, run):
        found = aps(run)
        assert found["door_1"] == pytest.approx(STANDARD_AP)
        assert found["gate_1"] == pytest.approx(GATE_AP)
        assert run.mean_ap == pytest.approx((STANDARD_AP + GATE_AP) / 2)
        assert run.rules.name == "standard"
        door = results(run)["door_1"]
        assert (door.p1, door.p5, door.p10, door.p30) == pytest.approx((1, 0.6, 0.4, 4 / 30))
        assert door.r_precision == pytest.approx(3 / 4)
        # T = the first 30 of the full ranking holds all of G: i of i at each i.
        assert door.legacy == 1
        assert (door.positives, door.found, door.missing) == (4, 4, 0)
        assert door.trec_ap == pytest.approx((1 + 1 + 3 / 4 + 4 / 6) / 4)

    def test_the_ranking_is_kept_whole_with_what_is_ignored(self, run):
        ranking = results(run)["door_1"].labelled_ranking().ranking
        assert [run.names[place] for place in ranking] == ORDER

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"protocol": "good"}, GOOD_AP),
            ({"exclude_self": True}, WITHOUT_SELF_AP),
            ({"protocol": "junk"}, (0 / 1 + 1 / 2) / 2),
        ],
    )
    def test_protocols_and_options(self, benchmark_rows, options, expected):
        run = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer(), **options)
        assert aps(run)["door_1"] == pytest.approx(expected)

    def test_the_mean_curve_is_over_the_topics_in_the_mean(self, run):
        """Catches topics without figures counted as zeros in the curve."""
        assert len(run.curve) == 11
        # Recall 0: both topics start with a hit. Recall 1: door 4/6, gate never.
        assert (run.curve[0], run.curve[-1]) == pytest.approx((1, (4 / 6 + 0) / 2))


class TestWhatIsMissing:
    def test_topics_out_of_the_mean_are_told_apart_and_never_0(self, run):
        found = results(run)
        assert found["tower_1"].status == Outcome.NO_QUERY
        assert "tower_a is not in the collection" in found["tower_1"].reason
        assert found["lamp_1"].status == Outcome.NO_POSITIVES
        assert (found["tower_1"].ap, found["lamp_1"].ap) == (None, None)
        assert (run.topics_total, run.topics_counted) == (4, 2)
        assert (run.topics_without_positives, run.topics_not_evaluated) == (1, 1)

    def test_judged_pictures_that_the_collection_lacks_are_counted(self, run):
        # gate_gone and tower_a of door's 5, gate's 2, lamp's query and tower's own.
        assert (run.judged_missing, run.judged_total) == (2, 9)
        assert results(run)["gate_1"].missing == 1

    def test_pictures_without_current_features_are_counted(self, benchmark_rows, collection):
        add_image(collection, "new")
        add_image(collection, "old", vector=unit_vectors(1)[0], model_id="other")
        run = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        assert (run.images_ranked, run.images_total) == (9, 11)
        assert "old" not in run.names

    def test_other_collections_are_not_searched(self, run, benchmark_rows):
        other = Collection.objects.create(slug="other")
        add_image(other, "door_0", vector=turned(0))
        again = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        assert again.names == run.names
        assert again.collection_hash == run.collection_hash
        assert {result.ranked for result in again.results.counted()} == {9}

    def test_no_features_at_all_is_an_error_that_says_what_to_do(self, benchmark_rows):
        Image.objects.update(fc6=None, fc6_model_id="")
        with pytest.raises(EvaluationError, match=r"9 have none.* Run extract_features"):
            evaluate(benchmark=benchmark_rows, descriptor=Describer())
        assert not EvaluationRun.objects.exists()

    def test_an_empty_collection_is_an_error_of_its_own(self, db):
        benchmark = imported(DOOR)
        with pytest.raises(EvaluationError, match="contains no pictures"):
            evaluate(benchmark=benchmark, descriptor=Describer())

    def test_no_topic_that_can_be_searched_for_is_an_error_with_reasons(self, pictures):
        with pytest.raises(EvaluationError, match=r"None of the 1 topics.*tower_a"):
            evaluate(benchmark=imported(TOWER, name="tower"), descriptor=Describer())
        assert not EvaluationRun.objects.exists()

    def test_a_benchmark_without_positives_has_no_mean(self, pictures):
        bare = DOOR | {"door_1_good.txt": "", "door_1_ok.txt": ""}
        run = evaluate(benchmark=imported(bare, name="bare"), crop=False, descriptor=Describer())
        assert run.mean_ap is None
        assert run.topics_without_positives == 1


class TestQueries:
    def test_the_box_is_cut_out_and_described_once(self, benchmark_rows):
        """Catches vectors made again at every evaluation, and boxes that are not used."""
        describer = Describer(turned(60))
        first = evaluate(benchmark=benchmark_rows, descriptor=describer)
        assert describer.sizes == [(36, 36)]  # 4 4 40 40; gate and lamp have no box
        names = [
            first.names[place] for place in results(first)["door_1"].labelled_ranking().ranking
        ]
        assert names[0] == "door_far"
        again = evaluate(benchmark=benchmark_rows, descriptor=describer)
        assert len(describer.sizes) == 1
        assert aps(again) == aps(first)

    @pytest.mark.parametrize("change", ["picture", "box", "model id"])
    def test_a_vector_of_something_else_is_not_used(self, benchmark_rows, change):
        describer = Describer()
        evaluate(benchmark=benchmark_rows, descriptor=describer)
        if change == "picture":
            Image.objects.filter(name="door_a").update(sha256="0" * 64)
        elif change == "box":
            Topic.objects.filter(name="door_1").update(x2=39)
        else:
            describer.model_id = "other"
            Image.objects.update(fc6_model_id="other")
        evaluate(benchmark=benchmark_rows, descriptor=describer)
        assert len(describer.sizes) == 2

    def test_a_whole_picture_without_current_features_is_described(self, benchmark_rows):
        Image.objects.filter(name="door_a").update(fc6=None, fc6_model_id="")
        describer = Describer()
        run = evaluate(benchmark=benchmark_rows, crop=False, descriptor=describer)
        assert describer.sizes == [(64, 48)]
        assert results(run)["door_1"].missing == 1  # its own picture is not ranked

    def test_pictures_that_cannot_be_used_cost_their_topic_only(self, pictures):
        """Catches one bad file ending the evaluation of all the others."""
        files = dict(DOOR)
        for number, name in enumerate(("wrong_1", "wrong_2", "door_ok", "door_far"), start=2):
            files[f"door_{number}_query.txt"] = f"{name} 4 4 40 40\n"
            files |= {f"door_{number}_{part}.txt": "" for part in ("ok", "junk")}
            files[f"door_{number}_good.txt"] = f"{name}\n"
        benchmark = imported(files, name="bad")
        pictures["wrong_1"].file.storage.delete(pictures["wrong_1"].file.name)
        with pictures["wrong_2"].file.open("wb") as file:
            file.write(b"\xff\xd8 no picture")
        Image.objects.filter(name="door_ok").update(width=30)
        Topic.objects.filter(name="door_5").update(x1=63.9, x2=64.2)  # nothing after rounding
        found = results(evaluate(benchmark=benchmark, descriptor=Describer()))
        assert found["door_1"].ap is not None
        said = {name: result.reason for name, result in found.items() if result.reason}
        assert "missing from the storage" in said.pop("door_2")
        assert "picture" in said.pop("door_3")
        assert "ends outside the query picture of 30 × 48" in said.pop("door_4")
        assert "leaves nothing" in said.pop("door_5")
        assert not said

    def test_a_vector_that_is_not_finite_is_a_reason(self, benchmark_rows):
        describer = Describer(np.full(4096, np.nan, dtype=np.float32))
        run = evaluate(benchmark=benchmark_rows, descriptor=describer)
        assert "gives no features" in results(run)["door_1"].reason
        assert not TopicVector.objects.exists()

    def test_progress_counts_what_is_described(self, benchmark_rows, collection):
        seen = []
        query_vectors(
            topics=list(benchmark_rows.topics.all()),
            collection=collection,
            descriptor=Describer(),
            on_progress=lambda done, total: seen.append((done, total)),
        )
        assert seen == [(0, 1), (1, 1)]


class TestStates:
    def test_a_run_says_how_it_was_made(self, run):
        run = EvaluationRun.objects.get(pk=run.pk)
        assert (run.descriptor, run.model_id) == ("fc6", Describer.model_id)
        assert (run.engine, run.crop, run.exclude_self) == ("default", False, False)
        assert run.judgements_hash == run.benchmark.judgements_hash
        assert run.duration > 0

    def test_runs_outlive_pictures_and_judgements(self, run, benchmark_rows, collection):
        """Catches figures, rankings or labels looked up in rows that are gone."""
        before, names = aps(run), run.names
        imported(
            {
                "gate_1_query.txt": "x",
                **{f"gate_1_{p}.txt": "" for p in ("good", "ok")},
                "gate_1_junk.txt": "gate_a\n",
            }
        )
        collection.images.all().delete()
        again = EvaluationRun.objects.get()
        assert (aps(again), again.names) == (before, names)
        judged = results(again)["gate_1"].labelled_ranking().judged
        assert [again.names[place] for place in judged["good"]] == ["gate_gone", "gate_a"]
        assert again.judgements_hash != again.benchmark.judgements_hash

    def test_weights_that_cannot_be_had_are_an_error_in_words(self, benchmark_rows):
        class NoWeights(Describer):
            def describe(self, images):
                raise DescriptorError("put the file there")

        with pytest.raises(EvaluationError, match="put the file there"):
            evaluate(benchmark=benchmark_rows, descriptor=NoWeights())
        assert not EvaluationRun.objects.exists()

    def test_an_interruption_stores_no_run(self, benchmark_rows):
        with pytest.raises(EvaluationInterrupted):
            evaluate(benchmark=benchmark_rows, descriptor=Describer(), should_stop=lambda: True)
        assert not EvaluationRun.objects.exists()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"protocol": "easy"}, "no protocol “easy”; its protocols: standard, good, ok, junk"),
            ({"protocol": "best"}, "no protocol “best”"),
            ({"engine": "faiss"}, "no engine 'faiss'"),
        ],
    )
    def test_what_is_not_there_is_refused_with_the_choices(self, benchmark_rows, options, said):
        with pytest.raises(EvaluationError, match=said):
            new_run(benchmark=benchmark_rows, **options)
        assert not EvaluationRun.objects.exists()


def test_vectors_are_read_once_and_by_the_engine_only(benchmark_rows, monkeypatch):
    """Catches a second load of the collection's vectors, half of an evaluation's time."""
    evaluate(benchmark=benchmark_rows, descriptor=Describer())
    decoded = []
    decode = base.decode
    monkeypatch.setattr(base, "decode", lambda *given: decoded.append(1) or decode(*given))
    evaluate(benchmark=benchmark_rows, descriptor=Describer())
    # Of nine pictures only the two queries without a box; and what was kept of the third.
    assert len(decoded) == 3


def test_pictures_deleted_after_the_engine_looked_leave_the_others_in_order():
    """Catches positions that point at the wrong name once one is gone."""
    ids = np.array([[5, 7, 3], [3, 5, 7]])
    names, rankings = positions_of(ids, {3: "c", 7: "g", 8: "new"})
    assert [[names[place] for place in row] for row in rankings] == [["g", "c"], ["c", "g"]]
