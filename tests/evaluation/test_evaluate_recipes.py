"""`manage.py evaluate --recipes`: one table, JSON, what was skipped, and the literature."""

import json

import pytest
from django.core.management import CommandError, call_command

from evaluation.models import EvaluationRun
from evaluation.reports.exports import run_as_dict
from tests.evaluation.landmarks import GATE_AP, STANDARD_AP, Describer
from tests.pages import replace_fc6

pytestmark = pytest.mark.django_db
MEAN = (STANDARD_AP + GATE_AP) / 2


@pytest.fixture(autouse=True)
def describer(monkeypatch, benchmark_rows):
    replace_fc6(monkeypatch, Describer())


def test_all_recipes_in_one_table(capsys):
    # Catches rows without what they cost, and a recipe left out without a word.
    call_command("evaluate", "landmarks", "--no-crop", "--recipes", "all")
    out, err = capsys.readouterr()
    row = next(line for line in out.splitlines() if line.startswith("fc6 ")).split()
    assert row[1] == f"{MEAN * 100:.1f}"
    assert (row[-2], row[-1]) == ("16384", "baseline")
    assert "bootstrap over 2 landmarks" in out
    assert "colour-layout was skipped: No picture of collection “places”" in out
    assert "Ranking by fc6 …" in err


def test_json_alone_is_on_standard_output(capsys):
    options = ("--no-crop", "--recipes", "fc6,colour-layout", "--json", "--literature")
    call_command("evaluate", "landmarks", *options)
    found = json.loads(capsys.readouterr().out)
    (row,) = found["recipes"]
    assert row["map"] == pytest.approx(MEAN)
    assert (row["saw_collection"], row["difference"]) == (False, None)
    assert found["skipped"][0]["recipe"] == "colour-layout"
    assert found["literature"][0]["map"] == pytest.approx(MEAN)
    assert [one["map"] for one in found["literature"][1:]] == [None] * 4


def test_the_literature_says_what_was_not_measured(capsys):
    call_command("evaluate", "landmarks", "--no-crop", "--recipes", "fc6", "--literature")
    out = capsys.readouterr().out
    assert f"here: {MEAN * 100:.1f} (fc6)" in out
    assert out.count("not measured here") == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--recipes", "fc77"), "fc77"),
        (("--recipes", "fc6", "--baseline", "fc77"), "fc77"),
        (("--baseline", "fc6"), "need --recipes"),
        (("--literature",), "need --recipes"),
        (("--recipes", "colour-layout"), "Nothing was evaluated"),
        (("--recipe", "fc6", "--descriptor", "fc6"), "not allowed with"),
    ],
)
def test_what_cannot_be_done_is_refused(options, said):
    # Catches an option that is taken and does nothing.
    with pytest.raises(CommandError, match=said):
        call_command("evaluate", "landmarks", *options)
    assert not EvaluationRun.objects.exists()


def test_one_recipe_and_one_descriptor_are_the_same_road(capsys):
    # Catches --descriptor that is no longer read, and JSON without the way to rank.
    for option in ("--recipe", "--descriptor"):
        call_command("evaluate", "landmarks", "--no-crop", option, "fc6", "--json")
        found = json.loads(capsys.readouterr().out)
        assert found["provenance"]["recipe"] == "fc6"
        assert found["provenance"]["saw_collection"] is False
    assert {run_as_dict(run)["map"] for run in EvaluationRun.objects.all()} == {found["map"]}
