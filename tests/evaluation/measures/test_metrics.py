"""Metrics against hand-made figures, the benchmark's own program, trec_eval, and properties."""

from functools import partial

import numpy as np
import pytest
import pytrec_eval
from hypothesis import assume, given
from hypothesis import strategies as st

from evaluation.formats.oxford import BUNDLED_OXFORD5K, read_ground_truth
from evaluation.formats.trec import format_qrels, format_run, parse_run
from evaluation.measures import metrics
from evaluation.measures.anatomy import anatomy
from evaluation.measures.metrics import judge
from evaluation.measures.protocols import OXFORD_PROTOCOLS
from tests.evaluation.reference import scored_rankings


@pytest.fixture(scope="module")
def oxford():
    return {topic.name: topic for topic in read_ground_truth(BUNDLED_OXFORD5K).topics}


def judge_names(ranking, positives, ignored):
    """Judge names by giving each a number."""
    number = {name: at for at, name in enumerate(dict.fromkeys([*ranking, *positives, *ignored]))}
    return judge(*([number[name] for name in names] for names in (ranking, positives, ignored)))


class TestAgainstTheBenchmarksOwnProgram:
    def test_all_440_figures(self, oxford):
        """Catches any change of the AP definition, deep rankings that are cut, and a cut at 100
        made after ignored pictures are removed."""
        scored = scored_rankings()
        assert [case.topic for case in scored] == sorted(oxford)
        checked = 0
        for case in scored:
            for protocol in OXFORD_PROTOCOLS:
                judged = judge_names(case.ranking, *protocol.split(oxford[case.topic]))
                whole, cut = case.ap[protocol.name], case.ap_of_100[protocol.name]
                assert metrics.average_precision(judged) == pytest.approx(whole, abs=1e-5)
                assert metrics.average_precision_at(judged, 100) == pytest.approx(cut, abs=1e-5)
                checked += 2
        assert checked == 440


class TestAgainstTrecEval:
    MEASURES = {
        "map": metrics.trec_average_precision,
        "ndcg": metrics.ndcg,
        "Rprec": metrics.r_precision,
        **{f"P_{k}": partial(metrics.precision_at, k=k) for k in (1, 5, 10, 30)},
    }
    ASKED = {"map", "ndcg", "Rprec", "P.1,5,10,30"}

    @pytest.mark.parametrize("seed", range(40))
    def test_same_figures_on_the_same_files(self, seed):
        """Catches another AP, discount, ideal ranking or divisor than trec_eval's, also for short
        rankings, graded levels, unretrieved positives and ignored pictures left out."""
        rng = np.random.default_rng(seed)
        names = [f"picture {at}" for at in range(200)]
        order = rng.permutation(200)[: rng.integers(1, 201)]
        positives = rng.permutation(200)[: rng.integers(1, 60)]
        ignored = np.setdiff1d(rng.permutation(200)[:20], positives)
        levels = {int(at): int(rng.integers(1, 4)) for at in positives}
        run = "".join(
            format_run(
                {"t": [names[at] for at in order]}, "tag", omit={"t": [names[at] for at in ignored]}
            )
        )
        qrels = "".join(format_qrels({"t": {names[at]: levels[at] for at in levels}}))
        assert run
        evaluator = pytrec_eval.RelevanceEvaluator(
            pytrec_eval.parse_qrel(qrels.splitlines()), self.ASKED
        )
        theirs = evaluator.evaluate(pytrec_eval.parse_run(run.splitlines()))["t"]
        judged = judge(order, positives, ignored, levels=levels)
        ours = {name: measure(judged) for name, measure in self.MEASURES.items()}
        assert ours == pytest.approx({name: theirs[name] for name in ours}, abs=1e-12)

    def test_interpolated_precision(self):
        """Catches interpolation in the wrong direction; with 10 positives the definitions of
        trec_eval and the textbook ask for the same ranks."""
        rng = np.random.default_rng(0)
        order, positives = rng.permutation(100)[:80], rng.permutation(100)[:10]
        run = "".join(format_run({"t": [str(at) for at in order]}, "tag"))
        qrel = {"t": {str(at): 1 for at in positives}}
        evaluator = pytrec_eval.RelevanceEvaluator(qrel, {"iprec_at_recall"})
        theirs = evaluator.evaluate(pytrec_eval.parse_run(run.splitlines()))["t"]
        ours = metrics.interpolated_precision(judge(order, positives))
        expected = [theirs[f"iprec_at_recall_{at / 10:.2f}"] for at in range(11)]
        np.testing.assert_allclose(ours, expected, atol=1e-12)

    def test_ties_are_ordered_as_trec_eval_orders_them(self):
        """Catches ties by file order or rank column, or scores told apart in double precision."""
        scores = {"a": 1.0, "é": 1.0, "b": 1.00000000001, "z": 0.5, "Z": 0.5, "y": 2.0}
        lines = [f"t Q0 {name} 1 {score!r} x" for name, score in scores.items()]
        (names,) = parse_run("\n".join(lines).encode()).values()
        for name in scores:
            # The reciprocal rank of the only relevant name tells where trec_eval put it.
            evaluator = pytrec_eval.RelevanceEvaluator({"t": {name: 1}}, {"recip_rank"})
            theirs = evaluator.evaluate({"t": scores})["t"]["recip_rank"]
            assert 1 / (names.index(name) + 1) == pytest.approx(theirs), name


class TestByHand:
    # Ranks after removing item 9: hits at 0 and 2; R = 4.
    judged = judge([1, 9, 5, 2, 6], positives=[1, 2, 3, 4], ignored=[9])

    def test_the_two_average_precisions(self):
        """Catches mixing up the trapezoid with the step, or dividing by the retrieved ones."""
        assert metrics.average_precision(self.judged) == pytest.approx((1 + 1 + 1 / 2 + 2 / 3) / 8)
        assert metrics.trec_average_precision(self.judged) == pytest.approx((1 + 2 / 3) / 4)

    def test_cut_before_the_ignored_are_removed(self):
        """Catches a cut at 3 that sees the fourth result because the second was ignored."""
        assert metrics.average_precision_at(self.judged, 3) == pytest.approx(2 / 8)
        assert metrics.average_precision_at(self.judged, 4) == pytest.approx(
            metrics.average_precision(self.judged)
        )

    def test_precisions(self):
        """Catches another divisor, and ignored results that take a place."""
        assert metrics.precision_at(self.judged, 1) == 1
        assert metrics.precision_at(self.judged, 3) == pytest.approx(2 / 3)
        assert metrics.precision_at(self.judged, 10) == pytest.approx(2 / 10)
        assert metrics.r_precision(self.judged) == pytest.approx(2 / 4)
        assert metrics.revisited_precision_at(self.judged, 1) == 1
        assert metrics.revisited_precision_at(self.judged, 2) == pytest.approx(1 / 2)
        assert metrics.revisited_precision_at(self.judged, 10) == pytest.approx(2 / 3)

    def test_curve(self):
        """Catches recall levels missed by rounding, and a mean that counts empty topics."""
        np.testing.assert_allclose(
            metrics.interpolated_precision(self.judged), [1] * 3 + [2 / 3] * 3 + [0] * 5
        )
        perfect = judge([1, 2], [1, 2])
        recall, precision = metrics.recall_precision_curve([self.judged, perfect, judge([1], [])])
        np.testing.assert_allclose(recall, np.arange(11) / 10)
        np.testing.assert_allclose(precision, [1] * 3 + [5 / 6] * 3 + [1 / 2] * 5)
        assert metrics.interpolated_precision(self.judged, 101).shape == (101,)
        assert metrics.recall_precision_curve([judge([1], [])]) is None

    def test_nothing_found_is_zero(self):
        """Catches an error or None for a topic that has positives and found none of them."""
        judged = judge([5, 6], [1])
        for metric in ALL_METRICS:
            assert metric(judged) == 0
        assert metrics.average_precision(judge([], [1])) == 0

    def test_no_positives_is_nothing_and_not_zero(self):
        """Catches a topic without positives that lowers the mean."""
        judged = judge([5, 6], [])
        for metric in ALL_METRICS:
            assert metric(judged) is None
        assert metrics.interpolated_precision(judged) is None
        assert metrics.mean_average_precision([0.5, None, 1.0]) == 0.75
        assert metrics.mean_average_precision([None]) is None

    @pytest.mark.parametrize(
        ("arguments", "options"),
        [
            (([1, 1], [1]), {}),
            (([1], [1], [1]), {}),
            (([1.5], [1]), {}),
            (([[1]], [1]), {}),
            (([1], [1]), {"levels": {}}),
            (([1], [1]), {"levels": {1: 0}}),
        ],
    )
    def test_contradictions_are_refused(self, arguments, options):
        """Catches AP above 1 from a repeated positive, and labels that contradict each other."""
        with pytest.raises(ValueError, match=r"ranked twice|both|integer|level"):
            judge(*arguments, **options)

    def test_sets_repeats_and_absent_ids(self):
        """Catches duplicate labels counted twice, and sets turned into one object."""
        assert judge([1, 2], {1, 7}).n_positives == 2
        assert judge([1, 2], [1, 1, 7, 7]).n_positives == 2
        assert metrics.average_precision(judge(np.array([1], np.uint16), frozenset({1}))) == 1

    @pytest.mark.parametrize("k", [0, -1])
    def test_cutoffs_below_one_are_refused(self, k):
        """Catches a division by 0, and -1 taken as "all but the last"."""
        for metric in CUT_METRICS:
            with pytest.raises(ValueError, match="cut-off"):
                metric(self.judged, k)


CUT_METRICS = (
    metrics.average_precision_at,
    metrics.precision_at,
    metrics.revisited_precision_at,
)


def ap_at_10(judged):
    return metrics.average_precision_at(judged, 10)


ALL_METRICS = (
    ap_at_10,
    metrics.average_precision,
    metrics.trec_average_precision,
    metrics.r_precision,
    metrics.ndcg,
    *(lambda judged, cut=cut: cut(judged, 10) for cut in CUT_METRICS[1:]),
)


class TestLegacy:
    def test_order_of_the_label_file_decides(self):
        """Catches a "repaired" legacy figure: the same 3 hits must give two answers."""
        top = {"a", "b", "c", "other"}
        first = metrics.legacy_2021(["a", "b", "c", "d", "e", "f"], top)
        last = metrics.legacy_2021(["d", "e", "f", "a", "b", "c"], top)
        assert first == pytest.approx((1 + 1 + 1 + 3 / 4 + 3 / 5 + 3 / 6) / 6)
        assert last == pytest.approx((0 + 0 + 0 + 1 / 4 + 2 / 5 + 3 / 6) / 6)

    def test_order_of_the_results_does_not(self):
        """Catches ranks leaking into a figure that never looked at them."""
        good = ["a", "x", "b"]
        assert metrics.legacy_2021(good, ["a", "b"]) == metrics.legacy_2021(good, ["b", "a"])
        assert metrics.legacy_2021(good, ["b", "a"]) == pytest.approx((1 + 1 / 2 + 2 / 3) / 3)

    def test_edges(self):
        """Catches a division by 0, and a repeated line counted twice."""
        assert metrics.legacy_2021([], ["a"]) is None
        assert metrics.legacy_2021(["a"], []) == 0
        assert metrics.legacy_2021(["a", "a", "b"], ["a"]) == metrics.legacy_2021(["a", "b"], ["a"])


@st.composite
def rankings(draw):
    """A shuffled ranking of up to 30 ids, positives and ignored among 40."""
    pool = draw(st.permutations(range(40)))
    labels = draw(st.lists(st.sampled_from("pin"), min_size=40, max_size=40))
    positives = [at for at in range(40) if labels[at] == "p"]
    ignored = [at for at in range(40) if labels[at] == "i"]
    return pool[: draw(st.integers(0, 40))], positives, ignored


class TestProperties:
    @given(rankings())
    def test_range(self, case):
        """Catches any metric that leaves [0, 1]."""
        judged = judge(*case)
        for metric in ALL_METRICS:
            value = metric(judged)
            assert value is None if not case[1] else 0 <= value <= 1

    @given(rankings())
    def test_perfect_ranking(self, case):
        """Catches a normalisation under which the best ranking is not exactly 1."""
        _, positives, ignored = case
        assume(positives)
        others = [at for at in range(40) if at not in positives]
        judged = judge(positives + others, positives, ignored)
        for metric in (metrics.average_precision, metrics.trec_average_precision, metrics.ndcg):
            assert metric(judged) == pytest.approx(1, abs=1e-12)
        assert metrics.r_precision(judged) == 1
        assert metrics.revisited_precision_at(judged, 10) == 1

    @given(rankings(), st.randoms())
    def test_ignored_items_may_stand_anywhere(self, case, random):
        """Catches junk that costs a rank. AP@k is left out: its cut counts junk, as defined."""
        ranking, positives, ignored = case
        moved = [at for at in ranking if at not in ignored]
        for at in ignored:
            moved.insert(random.randint(0, len(moved)), at)
        before, after = judge(ranking, positives, ignored), judge(moved, positives, ignored)
        for metric in ALL_METRICS:
            if metric is not ap_at_10:
                assert metric(before) == metric(after)

    @given(rankings(), st.data())
    def test_a_positive_that_moves_up_never_harms(self, case, data):
        """Catches precision or recall taken at the wrong rank."""
        ranking, positives, ignored = case
        kept = [at for at in ranking if at not in ignored]
        places = [at for at in range(1, len(kept)) if kept[at] in positives]
        assume(places)
        at = data.draw(st.sampled_from(places))
        up = data.draw(st.integers(0, at - 1))
        swapped = list(kept)
        swapped[at], swapped[up] = kept[up], kept[at]
        if kept[up] in positives:
            return
        for metric in (metrics.average_precision, metrics.trec_average_precision, metrics.ndcg):
            assert metric(judge(swapped, positives)) > metric(judge(kept, positives))

    @given(rankings())
    def test_the_anatomy_adds_up(self, case):
        """Catches a picture of the AP that is not a picture of this AP."""
        judged = judge(*case)
        parts = anatomy(judged)
        assert sum(part.area for part in parts) == pytest.approx(
            metrics.average_precision(judged) or 0, abs=1e-12
        )
        assert [part.rank for part in parts] == judged.hits().tolist()
        assert all(case[0][part.position] in case[1] for part in parts)
        assert all(part.area <= part.recall_step for part in parts)
        recalls = [(found + 1) / judged.n_positives for found in range(len(parts))]
        assert [part.recall for part in parts] == recalls

    @given(rankings())
    def test_look_up_by_sparse_ids(self, case):
        """Catches a look-up that only works for small dense ids."""
        sparse = [[at * 10**14 - 5 for at in ids] for ids in case]
        dense, wide = judge(*case), judge(*sparse)
        np.testing.assert_array_equal(dense.relevant, wide.relevant)
        np.testing.assert_array_equal(dense.ignored, wide.ignored)
