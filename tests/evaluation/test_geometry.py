"""Evaluation and trials of ways to rank that verify: what they ask, and what a run says."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from evaluation.models import Benchmark, EvaluationRun, RecipeTrial, TopicVector
from evaluation.reports.audit import audit_run
from evaluation.runs import ranking
from evaluation.runs.runner import EvaluationError, EvaluationInterrupted, evaluate
from search.recipes import get_recipe
from tests.evaluation.landmarks import imported
from tests.search.proven import COLOURS, VIEWS, fill_with_views

pytestmark = pytest.mark.django_db
WITH = f"{COLOURS}+geometry"


@pytest.fixture
def images(collection):
    return fill_with_views(collection)


def truth(box: str = "") -> dict[str, str]:
    good = "".join(f"{name}\n" for name in VIEWS)
    empty = {f"house_1_{label}.txt": "" for label in ("ok", "junk")}
    return empty | {"house_1_query.txt": f"house{box}\n", "house_1_good.txt": good}


@pytest.fixture
def benchmark(images) -> Benchmark:
    return imported(truth(), name="views")


def run(benchmark, **options) -> EvaluationRun:
    return evaluate(benchmark=benchmark, recipe=get_recipe(WITH), crop=False, **options)


def test_a_run_ranks_as_the_page_does_and_says_by_what(benchmark, images):
    made = run(benchmark)
    assert made.mean_ap == pytest.approx(1)
    assert made.recipe == WITH
    assert made.recipe_facts["geometry"]["first"] == 200
    assert "rootsift/" in made.model_id
    assert made.seconds_per_query > 0


def test_a_run_measures_time_without_what_was_remembered(benchmark, monkeypatch):
    # Catches a second ranking that costs nothing, and is taken for the time of one.
    from search.geometry import comparing

    calls = []
    verify = comparing.verify
    monkeypatch.setattr(comparing, "verify", lambda *given: calls.append(1) or verify(*given))
    run(benchmark)
    assert len(calls) == 2 * 6


def test_a_topic_with_a_box_is_described_from_the_box_alone(images):
    benchmark = imported(truth(" 50 40 380 280"), name="views")
    evaluate(benchmark=benchmark, recipe=get_recipe(WITH), crop=True)
    kept = TopicVector.objects.get(descriptor="rootsift")
    assert get_recipe(WITH).geometry.local.decode(kept.data).size == (330, 240)
    # Kept for the next run.
    evaluate(benchmark=benchmark, recipe=get_recipe(WITH), crop=True)
    assert TopicVector.objects.get(descriptor="rootsift") == kept


def test_an_interruption_stores_nothing(benchmark, monkeypatch):
    stop = []
    real = ranking.rank
    monkeypatch.setattr(ranking, "rank", lambda **given: stop.append(1) or real(**given))
    with pytest.raises(EvaluationInterrupted):
        run(benchmark, should_stop=lambda: bool(stop))
    assert not EvaluationRun.objects.exists()


def test_a_collection_without_local_features_is_refused(benchmark, collection):
    for image in collection.images.all():
        image.vectors.filter(descriptor="rootsift").delete()
    with pytest.raises(EvaluationError, match="extract_features --descriptor rootsift"):
        run(benchmark)


def test_side_by_side_with_the_plain_one(benchmark, capsys):
    call_command("evaluate", "views", crop=False, recipes=f"{COLOURS},{WITH}", verbosity=0)
    said = capsys.readouterr().out
    assert WITH in said
    assert "100.0" in said


def test_a_trial_asks_with_local_features_too(images, collection, settings, capsys):
    settings.SIS_RECIPES = {"mine": {"PARTS": [COLOURS], "GEOMETRY": {"FIRST": 6}}}
    call_command(
        "choose_recipe", collection=collection.slug, recipes=f"{COLOURS},mine", verbosity=0
    )
    rows = {row["recipe"]: row for row in RecipeTrial.objects.get().rows}
    assert rows["mine"]["facts"]["geometry"]["first"] == 6
    assert rows["mine"]["mean"] >= rows[COLOURS]["mean"]


def test_an_audit_shows_what_is_proven_and_unlabelled_first(images, client):
    # Catches labels that lack what geometry proves, at the end of a long list.
    unlabelled = truth() | {"house_1_good.txt": "house\n"}
    made = run(imported(unlabelled, name="views"))
    found = audit_run(run=made)
    assert [suspect.name for suspect in found.unlabelled][:2] == ["from_the_left", "from_afar"]
    points = [suspect.inliers for suspect in found.unlabelled]
    assert points[0] > points[1] >= 8
    assert set(points[2:]) == {0}
    page = client.get(reverse("evaluation:audit", args=[made.pk])).content.decode()
    assert page.count("proven by") == 2


def test_a_run_without_geometry_proves_nothing(benchmark):
    made = evaluate(benchmark=benchmark, recipe=get_recipe(COLOURS), crop=False)
    assert made.results.get().proven == {}


def test_damaged_features_of_a_topic_s_picture_are_sought_anew(benchmark, images):
    images["house"].vectors.filter(descriptor="rootsift").update(data=b"x")
    assert run(benchmark).mean_ap == pytest.approx(1)
