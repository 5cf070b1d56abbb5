"""A run's page and its files."""

import csv
import io
import json

import pytest
from django.urls import reverse

from tests.evaluation.landmarks import (
    DOOR,
    GATE_AP,
    LAMP,
    ORDER,
    STANDARD_AP,
    imported,
)
from tests.evaluation.views.viewing import evaluated, foreign, heavy_columns_read, table_rows
from tests.helpers import add_image
from tests.pages import html, text

pytestmark = pytest.mark.django_db

MAP = (STANDARD_AP + GATE_AP) / 2
FILES = ("results.csv", "results.json", "run.txt", "qrels.txt")


@pytest.fixture
def run(benchmark_rows):
    return evaluated(benchmark_rows)


def row_of(response, topic: str) -> list[str]:
    return next(row for row in table_rows(response) if row and row[0] == topic)


def fetch(client, run, name: str) -> str:
    response = client.get(reverse("evaluation:file", args=[run.pk, name]))
    assert f'filename="landmarks-standard-{run.pk}-{name}"' in response["Content-Disposition"]
    content = b"".join(response) if response.streaming else response.content
    return content.decode()


def test_the_number_and_what_is_missing_from_it(client, run):
    # Catches a mean that hides what it is not a mean of.
    seen = text(client.get(run.get_absolute_url()))
    assert f"mAP {MAP:.4f}" in seen
    assert "2 of 4 topics are in the mean." in seen
    assert "1 topic has no positives under this protocol: not in the mean." in seen
    assert "1 topic has no ranking: not in the mean." in seen
    assert "2 of 9 query and labelled pictures were not in the collection." in seen
    assert "9 of the collection's 9 pictures were ranked." in seen


def test_names_that_nobody_knows_are_counted(client, run):
    # Catches a page that shows a run's number and not that half of its names are unknown.
    some = foreign(run.benchmark, {"gate_1": ["gate_a", "door_a.jpg", "x\u202e"]})
    seen = text(client.get(some.get_absolute_url()))
    assert (
        "2 of the 3 names in the run file were neither in the collection nor labelled: "
        "door_a.jpg, x\\u202e. They count as wrong answers."
    ) in seen
    none = foreign(run.benchmark, {"gate_1": ["gate_a", "gate_gone"]})
    seen = text(client.get(none.get_absolute_url()))
    assert "All 2 names in the run file are in the collection or labelled." in seen
    assert "run file" not in text(client.get(run.get_absolute_url()))


def test_thousands_of_unknown_topics_do_not_fill_the_page(client, run):
    # Catches a page as large as a hostile run file.
    topics = {f"topic_{number}": ["x"] for number in range(3000)}
    some = foreign(run.benchmark, {"gate_1": ["gate_a"]} | topics)
    assert html(client.get(some.get_absolute_url())).count("topic_") < 100


def test_names_are_shown_with_what_is_invisible_in_them(client, collection):
    # Catches a name that turns the text around it, on any page that shows a run's names.
    odd = "a\u202egpj\u2028b"
    add_image(collection, odd)
    add_image(collection, "plain\u202e")
    labels = {"query": odd, "good": odd, "ok": "gone\u202e", "junk": ""}
    files = {f"{odd}_1_{part}.txt": names for part, names in labels.items()}
    other = {f"{odd}_2_{part}.txt": names for part, names in labels.items()}
    benchmark = imported(files | other)
    ranked = {f"{odd}_1": [odd, "plain\u202e"], f"{odd}_2": ["plain\u202e"], "u\u202e": ["x"]}
    first = foreign(benchmark, ranked)
    second = foreign(benchmark, {f"{odd}_1": ["plain\u202e", odd]}, exclude_self=False)
    result = first.results.get(name=f"{odd}_1")
    compared = reverse("evaluation:compare") + f"?first={first.pk}&second={second.pk}"
    for address in (
        first.get_absolute_url(),
        result.get_absolute_url() + "?step=1",
        reverse("evaluation:audit", args=[first.pk]),
        reverse("evaluation:audit", args=[first.pk]) + "?queue=buried",
        reverse("evaluation:ap_variants", args=[first.pk]),
        compared,
        reverse("evaluation:topics_chart", args=[first.pk, "svg"]),
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        content = b"".join(response) if response.streaming else response.content
        assert "\u202e" not in content.decode(), address
        assert "\\u202e" in content.decode(), address


def test_the_table_has_the_figures_worked_out_by_hand(client, run):
    # Catches swapped columns, and a 0 where nothing was measured.
    response = client.get(run.get_absolute_url())
    figures = [f"{STANDARD_AP:.4f}", "1.00", "0.60", "0.40", "0.133", "0.750"]
    assert row_of(response, "door_1")[1:7] == figures
    assert row_of(response, "door_1")[8:] == ["4", "4"]
    assert row_of(response, "gate_1")[8:] == ["2", "1 (1 missing)"]
    assert row_of(response, "lamp_1")[1:] == ["no positives: not in the mean"]
    assert row_of(response, "tower_1")[1].startswith("not evaluated: no query vector: ")
    assert len(row_of(response, "tower_1")) == 2


def test_topics_are_sorted_by_the_address(client, run):
    # Catches a link that does nothing; what has no value comes last either way.
    def topics(sort):
        rows = table_rows(client.get(run.get_absolute_url(), {"sort": sort}))
        return [row[0] for row in rows if row and row[0].endswith("_1")]

    assert topics("ap") == ["gate_1", "door_1", "lamp_1", "tower_1"]
    assert topics("-ap") == ["door_1", "gate_1", "tower_1", "lamp_1"]
    assert topics("ranking_data") == ["door_1", "gate_1", "lamp_1", "tower_1"]


def test_the_provenance_is_complete(client, run):
    # Catches a field that could change the number and is not shown.
    response = client.get(run.get_absolute_url())
    rows = {row[0]: row[1] for row in table_rows(response) if len(row) == 2}
    assert rows["Benchmark"] == "landmarks"
    assert rows["Query box used"] == "no"
    assert rows["Model id"] == run.model_id
    assert rows["Labels"] == run.judgements_hash[:12]
    assert rows["Pictures and model ids"] == run.collection_hash[:12]
    for entry in response.context["provenance"]:
        assert entry.title[0].upper() + entry.title[1:] in rows


def test_an_imported_run_says_what_is_not_known(client, benchmark_rows):
    # Catches an unknown engine shown as none, and pages that need features.
    run = foreign(benchmark_rows, {"door_1": ORDER, "nowhere_1": ["x"]})
    response = client.get(run.get_absolute_url())
    rows = {row[0]: row[1] for row in table_rows(response) if len(row) == 2}
    assert rows["System"] == "other"
    assert {rows[name] for name in ("Engine", "Engine options", "Query box used")} == {"not known"}
    assert "also ranks topics that are not in the benchmark: nowhere_1" in text(response)
    assert "It is not known which pictures the other system searched." in text(response)
    assert row_of(response, "gate_1")[1:] == ["not evaluated: not in the run file"]


def test_the_page_reads_no_rankings(client, run):
    # Catches a page that loads what only a topic's page shows.
    assert heavy_columns_read(client, run.get_absolute_url()) == set()


def test_a_run_without_positives_has_no_number(client, pictures):
    # Catches an mAP of 0, and a chart of nothing.
    run = evaluated(imported(LAMP, name="lamp"))
    response = client.get(run.get_absolute_url())
    assert "No mAP: no topic has positives." in text(response)
    assert "0.0000" not in text(response)
    curve = reverse("evaluation:curve_chart", args=[run.pk, "svg"])
    assert curve not in html(response)
    assert client.get(curve).status_code == 404


def test_csv_and_json_hold_the_figures(client, run):
    # Catches decimal commas in files, and rounding.
    rows = {row["topic"]: row for row in csv.DictReader(io.StringIO(fetch(client, run, FILES[0])))}
    assert float(rows["door_1"]["ap"]) == pytest.approx(STANDARD_AP, abs=1e-12)
    assert rows["lamp_1"]["ap"] == ""
    told = json.loads(fetch(client, run, FILES[1]))
    assert told["map"] == pytest.approx(MAP, abs=1e-12)
    assert [topic["topic"] for topic in told["topics"]] == sorted(rows)


def test_files_do_not_depend_on_the_reader(client, run):
    # Catches numbers and words in the language of the browser.
    english = [fetch(client, run, name) for name in FILES]
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    assert [fetch(client, run, name) for name in FILES] == english


def test_trec_files_score_like_the_run(client, run):
    # Catches qrels of another protocol than the ranking's.
    pytrec_eval = pytest.importorskip("pytrec_eval")
    qrel = pytrec_eval.parse_qrel(io.StringIO(fetch(client, run, "qrels.txt")))
    ranked = pytrec_eval.parse_run(io.StringIO(fetch(client, run, "run.txt")))
    scores = pytrec_eval.RelevanceEvaluator(qrel, {"map"}).evaluate(ranked)
    stored = {result.name: result.trec_ap for result in run.results.counted()}
    assert stored.keys() == scores.keys() == {"door_1", "gate_1"}
    for topic, ap in stored.items():
        assert scores[topic]["map"] == pytest.approx(ap, abs=1e-6)


@pytest.mark.parametrize("name", ["results.xml", "..", "RUN.TXT", "a%00b", "results.csv/"])
def test_other_files_do_not_exist(client, run, name):
    # Catches a stack trace for an address that somebody changed.
    assert client.get(f"/evaluation/runs/{run.pk}/files/{name}").status_code in (301, 404)


WANTS_RESULTS = [
    *("ap-variants/", "audit/", "topics/0/", "topics.svg", "curve.png", "topics/0/anatomy.svg"),
    *(f"files/{name}" for name in FILES),
]


@pytest.mark.parametrize("rest", ["", *WANTS_RESULTS])
@pytest.mark.parametrize("pk", ["987654", "9" * 40])
def test_runs_that_do_not_exist(client, db, pk, rest):
    # Catches a number that the database cannot hold.
    assert client.get(f"/evaluation/runs/{pk}/{rest}").status_code == 404


@pytest.mark.parametrize("rest", ["", *WANTS_RESULTS])
def test_pages_are_only_read(client, run, rest):
    # Catches a page that changes something when it is posted to.
    assert client.post(f"/evaluation/runs/{run.pk}/{rest}").status_code == 405


def test_a_benchmark_that_changed_does_not_change_a_run(client, run, benchmark_rows):
    # Catches a page that reads today's labels into yesterday's number.
    before = table_rows(client.get(run.get_absolute_url()))
    benchmark_rows.topics.all().delete()
    imported(DOOR | LAMP)
    assert table_rows(client.get(run.get_absolute_url())) == before
