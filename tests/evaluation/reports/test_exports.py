"""A run's files, and runs made of files: what goes out says what the run says."""

import csv
import io
import json
import re

import pytest
import pytrec_eval

from catalog.names import printable
from evaluation.formats.oxford import BUNDLED_OXFORD5K, read_ground_truth
from evaluation.formats.problems import ProblemCode as Code
from evaluation.formats.problems import RunFileError
from evaluation.formats.tables import encode_names, encode_positions
from evaluation.formats.trec import parse_run
from evaluation.importing import apply_import, plan_import
from evaluation.measures.protocols import OXFORD_PROTOCOLS
from evaluation.models import EvaluationRun, Outcome, Source, TopicResult
from evaluation.reports.exports import (
    csv_lines,
    run_as_dict,
    run_as_json,
    system_tag,
    trec_qrels_lines,
    trec_run_lines,
)
from evaluation.runs.importing import import_run, read_run
from evaluation.runs.runner import EvaluationError, evaluate
from tests.evaluation.landmarks import GATE_AP, STANDARD_AP, Describer
from tests.evaluation.reference import scored_rankings

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(benchmark_rows):
    return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())


def run_file(rankings, *, tag="other-system") -> bytes:
    return "".join(
        f"{topic} Q0 {name} {rank} {1 / rank} {tag}\n"
        for topic, names in rankings.items()
        for rank, name in enumerate(names, start=1)
    ).encode()


class TestOut:
    def test_json_is_the_agreed_shape(self, run):
        answer = json.loads(json.dumps(run_as_dict(run)))
        assert (answer["benchmark"], answer["protocol"]) == ("landmarks", "standard")
        assert answer["map"] == pytest.approx((STANDARD_AP + GATE_AP) / 2)
        by_topic = {topic["topic"]: topic for topic in answer["topics"]}
        assert by_topic["door_1"]["ap"] == pytest.approx(STANDARD_AP)
        assert by_topic["tower_1"]["ap"] is None
        assert (answer["topics_total"], answer["topics_in_mean"]) == (4, 2)
        assert answer["provenance"]["model_id"] == run.model_id

    def test_csv_has_a_line_a_topic_and_empty_cells_where_nothing_is_known(self, run):
        rows = list(csv.DictReader(io.StringIO("".join(csv_lines(run)))))
        assert [row["topic"] for row in rows] == ["door_1", "gate_1", "lamp_1", "tower_1"]
        assert float(rows[0]["ap"]) == pytest.approx(STANDARD_AP)
        assert rows[0]["box"] == "4 4 40 40"
        assert (rows[2]["ap"], rows[3]["ap"], rows[1]["box"]) == ("", "", "")

    def test_csv_is_safe_to_open_in_a_spreadsheet(self, run):
        """Catches a name or reason that a spreadsheet runs, one that makes another line, and
        numbers that are no longer numbers."""
        names = [
            *("=cmd|' /C calc'!A0", "+1", "-0.5", "@SUM(1)", "\t=1+1", "\r=1", " =1", "＝1"),
            *("a\nb", "\x1b[2J", "\u202ejpg", "chùa", "a=b", "'quoted'", ""),
        ]
        result = run.results.first()
        TopicResult.objects.filter(pk=result.pk).update(ap=-0.5, x1=-0.0)
        for name in names:
            TopicResult.objects.filter(pk=result.pk).update(name=name, image_name=name, reason=name)
            text = "".join(csv_lines(run))
            assert len(text.splitlines()) == 1 + run.results.count()
            row = next(csv.DictReader(io.StringIO(text)))
            for column in ("topic", "landmark", "image", "reason"):
                assert row[column][:1] not in tuple("=+-@\t\r＝")
            shown = printable(name)
            formula = name.lstrip(" ")[:1] in tuple("=+-@＝")
            assert row["topic"] == (f"'{shown}" if formula else shown)
            assert row["ap"] == "-0.5"

    def test_json_has_nothing_invisible_and_says_the_same(self, run):
        """Catches a name that steers the terminal on which `evaluate --json` prints it."""
        name = "a\n\x1b[2J\x9b1m\u202e\u2028\U000e0041 chùa क\u200dष"
        TopicResult.objects.filter(run=run, position=0).update(reason=name)
        for indent in (None, 1):
            text = run_as_json(run, indent=indent)
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\U000e0041]", text)
            assert "chùa क\u200dष" in text
            assert json.loads(text)["topics"][0]["reason"] == name

    def test_a_run_with_odd_names_comes_back(self, run, benchmark_rows, collection):
        """Catches a line break in a name that makes two lines of it, or is not read back."""
        names = ["a\nb", "c d", "50%", "\x1b[2J", "\u202ejpg", "door_a"]
        run.names_data = encode_names([*run.names, *names])
        run.save()
        run = EvaluationRun.objects.get(pk=run.pk)
        places = list(range(len(run.names) - len(names), len(run.names) - 1))
        run.results.filter(name="door_1").update(ranking_data=encode_positions(places))
        text = "".join(trec_run_lines(run))
        assert {len(line.split()) for line in text.split("\n")[:-1]} == {6}
        assert parse_run(text.encode())["door_1"] == tuple(names[:-1])

    @pytest.mark.parametrize("options", [{}, {"protocol": "good"}, {"exclude_self": True}])
    def test_trec_eval_reads_the_files_and_agrees(self, benchmark_rows, options):
        """Catches ignored pictures left in the file, and topics outside of the mean."""
        run = evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer(), **options)
        qrels = pytrec_eval.parse_qrel(io.StringIO("".join(trec_qrels_lines(run))))
        ranked = pytrec_eval.parse_run(io.StringIO("".join(trec_run_lines(run))))
        measures = {"map", "ndcg", "P", "Rprec"}
        scored = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(ranked)
        counted = {result.name: result for result in run.results.counted()}
        assert scored.keys() == counted.keys()
        for name, result in counted.items():
            theirs = [scored[name][key] for key in ("map", "ndcg", "P_5", "P_30", "Rprec")]
            ours = [result.trec_ap, result.ndcg, result.p5, result.p30, result.r_precision]
            assert ours == pytest.approx(theirs)

    def test_a_tag_is_one_word(self, run):
        run.system = "my system 100%"
        assert system_tag(run) == "my-system-100-"


class TestIn:
    def test_an_exported_run_comes_back_with_the_same_figures(self, run, benchmark_rows):
        data = "".join(trec_run_lines(run)).encode()
        back = import_run(data=data, file="run.txt", benchmark=benchmark_rows)
        aps = dict(back.results.values_list("name", "ap"))
        assert aps["door_1"] == pytest.approx(STANDARD_AP)
        assert aps["gate_1"] == pytest.approx(GATE_AP)
        assert back.mean_ap == pytest.approx(run.mean_ap)

    def test_the_benchmarks_own_answers(self, db):
        """Some rankings that the benchmark's own program scored, by the whole road: files to
        rows, run file to run, names that no collection holds."""
        truth = read_ground_truth(BUNDLED_OXFORD5K)
        plan = plan_import(ground_truth=truth, benchmark="oxford5k", collection="oxford5k")
        benchmark = apply_import(plan=plan)
        cases = scored_rankings()[::5]  # the first topic of each landmark
        data = run_file({case.topic: case.ranking[:100] for case in cases})
        for protocol in OXFORD_PROTOCOLS:
            run = import_run(data=data, file="run.txt", benchmark=benchmark, protocol=protocol.name)
            aps = dict(run.results.values_list("name", "ap"))
            for case in cases:
                expected = case.ap_of_100[protocol.name]
                assert aps[case.topic] == pytest.approx(expected, abs=1e-5)
            assert run.topics_not_evaluated == 55 - 11

    def test_names_need_no_pictures_and_missing_topics_no_0(self, benchmark_rows):
        data = run_file({"gate_1": ["elsewhere", "gate_gone"], "attic_1": ["x"]})
        run = import_run(data=data, file="run.txt", benchmark=benchmark_rows)
        found = {result.name: result for result in run.results.all()}
        # gate_gone at rank 1 of R = 2: (0/1 + 1/2) / 4.
        assert found["gate_1"].ap == pytest.approx(0.5 / 4)
        assert run.mean_ap == found["gate_1"].ap
        assert found["door_1"].status == Outcome.NOT_IN_RUN
        assert run.unknown_topics == ["attic_1"]
        assert (run.source, run.system) == (Source.IMPORTED, "other-system")
        assert (run.crop, run.images_ranked, run.model_id) == (None, None, "")
        assert (run.judged_missing, run.judged_total) == (2, 9)

    def test_no_topic_in_common_is_refused(self, benchmark_rows):
        with pytest.raises(EvaluationError, match="the file ranks: a_1, b_1"):
            import_run(
                data=run_file({"a_1": ["x"], "b_1": ["y"]}), file="f", benchmark=benchmark_rows
            )
        assert not EvaluationRun.objects.exists()

    @pytest.mark.parametrize(
        ("data", "line", "code"),
        [
            (b"", None, Code.NO_RESULTS),
            (b"door_1 Q0 door_a 1 0.5\n", 1, Code.BAD_COLUMNS),
            (b"door_1 Q0 door_a 1 nan tag\n", 1, Code.BAD_SCORE),
            (b"door_1 Q0 a 1 2 t\ndoor_1 Q0 a 2 1 t\n", 2, Code.SAME_DOCUMENT),
            (b"\x80\x04\x95 pickled Q0 1 2 t\n", 1, Code.NOT_TEXT),
        ],
    )
    def test_files_that_cannot_be_used_leave_nothing(self, benchmark_rows, data, line, code):
        with pytest.raises(RunFileError) as caught:
            import_run(data=data, file="run.txt", benchmark=benchmark_rows)
        problem = caught.value.problems[0]
        assert (problem.line, problem.code) == (line, code)
        assert not EvaluationRun.objects.exists()

    def test_a_file_over_the_limit_is_not_read_whole(self, tmp_path, monkeypatch):
        monkeypatch.setattr("evaluation.runs.importing.MAX_RUN_BYTES", 10)
        path = tmp_path / "run.txt"
        path.write_bytes(b"x" * 11)
        with pytest.raises(RunFileError) as caught:
            read_run(path)
        assert caught.value.problems[0].code == Code.TOO_LARGE

    @pytest.mark.parametrize("kind", ["nothing", "folder"])
    def test_what_is_no_file_is_named(self, tmp_path, kind):
        path = tmp_path if kind == "folder" else tmp_path / "gone.txt"
        with pytest.raises(RunFileError, match=path.name):
            read_run(path)
