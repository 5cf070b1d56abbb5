"""Runs by recipes: what they keep, and several of them in one go."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.descriptors import get_descriptor
from catalog.descriptors.derived import DerivedDescriptor
from catalog.extraction import extract_features
from evaluation.measures.literature import REPORTED
from evaluation.models import EvaluationRun
from evaluation.reports.exports import run_as_dict
from evaluation.reports.recipe_exports import literature_as_list, measured_here
from evaluation.reports.recipe_table import Asked, recipe_table
from evaluation.runs import ranking
from evaluation.runs.batches import evaluate_recipes
from evaluation.runs.recipes import named_recipes
from evaluation.runs.runner import EvaluationError, evaluate
from search.recipes import RecipeError, get_recipe
from tests.evaluation.landmarks import Describer, turned
from tests.pages import replace_fc6

pytestmark = pytest.mark.django_db


@pytest.fixture
def describer(monkeypatch, benchmark_rows):
    describer = Describer()
    replace_fc6(monkeypatch, describer)
    return describer


@pytest.fixture
def run(describer, benchmark_rows):
    return evaluate(benchmark=benchmark_rows, recipe=get_recipe("fc6"), crop=False)


class TestWhatARunKeeps:
    def test_the_recipe_its_parts_and_its_costs(self, run):
        # Catches a provenance without what ranked, and costs that nobody measured.
        run = EvaluationRun.objects.get(pk=run.pk)
        assert (run.recipe, run.descriptor, run.model_id) == ("fc6", "fc6", Describer.model_id)
        assert Describer.model_id in str(run.recipe_facts)
        assert run.bytes_per_picture == 4 * 4096
        assert run.seconds_per_query is not None
        assert run.seconds_per_query > 0
        assert not run.saw_collection

    def test_the_time_is_the_median_of_topics_one_by_one(self, run, monkeypatch):
        # Catches the time of all topics at once given for one, and a mean that one pause spoils.
        ticks = iter([0, 1, 10, 12, 20, 120])
        monkeypatch.setattr(ranking.time, "perf_counter", lambda: next(ticks))
        asked = []

        def rank(*, queries, k, **_options):
            asked.append((len(queries["fc6"]), k))

        monkeypatch.setattr(ranking, "rank", rank)
        matrices = {"fc6": np.stack([turned(0)] * 3)}
        collection = run.benchmark.collection
        assert ranking.median_seconds(get_recipe("fc6"), matrices, collection, "default") == 2
        assert asked == [(1, 100)] * 3

    def test_a_recipe_of_two_parts_asks_each_with_its_own_vectors(
        self, describer, benchmark_rows, collection
    ):
        # Catches queries described by one part alone, and a provenance that names only one.
        pks = list(collection.images.values_list("pk", flat=True))
        extract_features(ids=pks, descriptor=get_descriptor("colour-layout"))
        parts = [get_recipe(name).parts[0] for name in ("fc6", "colour-layout")]
        both = replace(get_recipe("fc6"), name="both", parts=tuple(parts))
        run = evaluate(benchmark=benchmark_rows, recipe=both, crop=False)
        assert (run.recipe, run.descriptor) == ("both", "fc6 + colour-layout")
        assert run.model_id == " + ".join(part.descriptor.model_id for part in parts)
        assert run.bytes_per_picture == sum(4 * part.descriptor.dim for part in parts)
        assert (run.topics_counted, run.images_ranked) == (2, 9)
        topics = list(benchmark_rows.topics.all())
        vectors, _all = ranking.describe_topics(
            topics, collection, both, False, lambda done, total: None, lambda: False
        )
        assert {name: len(next(iter(rows.values()))) for name, rows in vectors.items()} == {
            part.descriptor.name: part.descriptor.dim for part in parts
        }

    def test_a_part_without_vectors_ends_it_before_any_work(self, describer, benchmark_rows):
        # Catches minutes of describing before the sentence that nothing can be searched.
        parts = [get_recipe(name).parts[0] for name in ("fc6", "colour-layout")]
        both = replace(get_recipe("fc6"), name="both", parts=tuple(parts))
        with pytest.raises(EvaluationError, match="extract_features --descriptor colour-layout"):
            evaluate(benchmark=benchmark_rows, recipe=both)
        assert describer.sizes == []


class Learned(Describer):
    """Learned on the benchmark's own collection, as a whitening can be."""

    learned_on = "places"


class Derived(DerivedDescriptor):
    """One more step after something that learned."""

    name, dim, model_id = "fc6", 4096, Describer.model_id

    def __init__(self, source):
        self.sources = (source,)

    def derive(self, vectors):
        return vectors[0]


@pytest.mark.parametrize(
    ("descriptor", "marked"),
    [
        (Describer(), False),
        (Learned(), True),
        (Derived(Describer()), False),
        (Derived(Derived(Learned())), True),
    ],
)
def test_what_learned_on_the_collection_is_marked(benchmark_rows, descriptor, marked):
    # Catches figures of what has seen the answers, at any depth of what they derive from.
    run = evaluate(benchmark=benchmark_rows, descriptor=descriptor, crop=False)
    assert run.saw_collection is marked
    assert run_as_dict(run)["provenance"]["saw_collection"] is marked


class TestSeveral:
    def test_one_without_vectors_is_skipped_with_a_sentence(self, describer, benchmark_rows):
        # Catches one recipe that ends the work of all.
        told = []
        batch = evaluate_recipes(
            benchmark=benchmark_rows,
            recipes=[get_recipe("colour-layout"), get_recipe("fc6")],
            on_recipe=lambda recipe: told.append(recipe.name),
            crop=False,
        )
        assert told == ["colour-layout", "fc6"]
        assert [run.recipe for run in batch.runs] == ["fc6"]
        (name, reason) = batch.skipped[0]
        assert name == "colour-layout"
        assert "extract_features --descriptor colour-layout" in reason

    def test_an_interruption_keeps_what_is_done(self, describer, benchmark_rows):
        # Catches finished runs that are lost, and work that goes on after Ctrl-C.
        stops = []
        batch = evaluate_recipes(
            benchmark=benchmark_rows,
            recipes=[get_recipe("fc6")] * 2,
            on_recipe=stops.append,
            should_stop=lambda: len(stops) == 1 and EvaluationRun.objects.exists(),
            crop=False,
        )
        assert batch.stopped
        assert EvaluationRun.objects.count() == len(batch.runs) == 1

    def test_a_wrong_protocol_is_told_once(self, describer, benchmark_rows):
        # Catches the same mistake reported as a reason of every recipe.
        with pytest.raises(EvaluationError, match="no protocol"):
            evaluate_recipes(
                benchmark=benchmark_rows, recipes=[get_recipe("fc6")], protocol="medium"
            )

    def test_names_are_read_once_each_and_refused_where_unknown(self, settings):
        # Catches a typing error that leaves a recipe out without a word.
        assert [one.name for one in named_recipes("fc6, colour-layout,fc6")] == [
            "fc6",
            "colour-layout",
        ]
        assert {"fc6", "colour-layout"} <= {one.name for one in named_recipes("all")}
        with pytest.raises(RecipeError):
            named_recipes("fc6,fc77")


def test_the_literature_names_sources_and_is_compared_by_method(run, benchmark_rows):
    # Catches figures without a source, and ours beside those of another method.
    assert all(one.source and 0 < one.low <= one.high < 100 for one in REPORTED)
    rows = recipe_table(Asked(benchmark_rows, "standard", crop=False)).rows
    listed = literature_as_list(rows)
    assert [row["recipe"] for row in listed] == ["fc6"] + [None] * (len(REPORTED) - 1)
    assert listed[0]["map"] == run.mean_ap
    assert measured_here(REPORTED[1], rows) is None
