"""The three commands: what they say, their exit status, and what they leave unchanged."""

import errno
import json
import os
import pickle
import signal
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from catalog.models import Collection, Image
from evaluation.management.commands import import_groundtruth as import_command
from evaluation.messages import reason_of
from evaluation.models import Benchmark, EvaluationRun, Judgement, TopicVector
from tests.evaluation.landmarks import DOOR, FILES, GATE_AP, STANDARD_AP, Describer
from tests.helpers import add_image
from tests.pages import replace_fc6

pytestmark = pytest.mark.django_db


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return str(folder)


def refused(*arguments: str) -> CommandError:
    """Run a command that must refuse and change nothing; return its error."""

    def state():
        models = (Collection, Benchmark, Judgement, EvaluationRun)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = state()
    with pytest.raises(CommandError) as refusal:
        call_command(*arguments)
    assert state() == before
    return refusal.value


class TestImportGroundtruth:
    @pytest.fixture
    def folder(self, tmp_path):
        return write(tmp_path / "truth", FILES)

    def test_without_a_path_it_is_oxford(self, capsys):
        call_command("import_groundtruth", "--collection", "oxford5k")
        out = capsys.readouterr().out
        assert "“oxford5k” imported: 55 topics, 4335 labels" in out
        assert "845 of the labelled pictures, and the query pictures of 55 topics" in out
        assert Collection.objects.get().slug == "oxford5k"

    def test_as_quickstart_calls_it_again_and_again(self, folder, capsys, pictures):
        """Catches a question on identical files, which would stop an unattended start."""
        for said in ("imported", "is unchanged"):
            call_command("import_groundtruth", folder, collection="places", benchmark="landmarks")
            assert f"“landmarks” {said}" in capsys.readouterr().out

    def test_the_benchmark_is_named_like_the_collection_by_default(self, folder):
        call_command("import_groundtruth", folder, "--collection", "places")
        assert Benchmark.objects.get().name == "places"

    def test_duplicate_lines_are_reported_and_count_once(self, tmp_path, capsys):
        folder = write(tmp_path / "t", DOOR | {"door_1_good.txt": "door_a\ndoor_a\n"})
        call_command("import_groundtruth", folder, "--collection", "places")
        assert "door_1_good.txt, line 2: “door_a” was already listed" in capsys.readouterr().err
        assert Judgement.objects.filter(name="door_a").count() == 1

    def test_everything_wrong_is_named_and_nothing_imported(self, tmp_path):
        folder = write(
            tmp_path / "t",
            DOOR | {"door_1_ok.txt": "door_a\n", "door_1_query.txt": "door_a 9 9 1 1\n"},
        )
        (tmp_path / "t" / "door_1_junk.txt").unlink()
        error = refused("import_groundtruth", folder, "--collection", "places")
        assert error.returncode == 1
        said = str(error)
        assert "Nothing was imported." in said
        assert "door_1_ok.txt, line 1: “door_a” already has another label" in said
        assert "door_1_query.txt, line 1: the box 9 9 1 1 is empty" in said
        assert "door_1_junk.txt: is missing" in said

    @pytest.mark.parametrize("kind", ["nothing", "pickle"])
    def test_what_is_no_ground_truth_is_refused(self, tmp_path, kind):
        path = tmp_path / "truth.pkl"
        if kind == "pickle":
            path.write_bytes(b"\x80\x04.")
        said = str(refused("import_groundtruth", str(path), "--collection", "places"))
        assert "truth.pkl: " in said
        assert ("is not a pickle file" if kind == "pickle" else "no such file") in said

    def test_an_empty_collection_is_told_before_anything_else(self, folder, capsys):
        """Catches labels that nobody can check being called checked."""
        call_command("import_groundtruth", folder, "--collection", "places")
        captured = capsys.readouterr()
        assert captured.err.startswith("Collection “places” has no pictures yet")
        assert "“places” imported" in captured.out

    def test_unknown_names_are_counted_first(self, folder, capsys, pictures):
        call_command("import_groundtruth", folder, "--collection", "places")
        err = capsys.readouterr().err
        assert "2 of the 8 labelled names (25 %) are not in collection “places”: " in err
        assert "gate_gone, tower_a" in err
        assert "1 of the 4 query pictures (25 %) is not in collection “places”: tower_a" in err

    @pytest.mark.parametrize(
        ("given", "remedy"),
        [
            (
                "{}.jpg",
                "They carry an extension such as “.jpg”, which the known names do not",
            ),
            ("oxbuild/{}", "They carry a folder in front, which the known names do not"),
            ("oxc1_{}", "They carry the prefix “oxc1_”, which the known names do not"),
        ],
    )
    def test_labels_none_of_which_is_known_are_refused(
        self, tmp_path, capsys, pictures, given, remedy
    ):
        """Catches a benchmark whose every average precision is 0, imported without a remark."""
        names = "".join(given.format(name) + "\n" for name in ("door_a", "door_b"))
        labels = {"door_1_good.txt": names, "door_1_ok.txt": "", "door_1_junk.txt": ""}
        folder = write(tmp_path / "t", DOOR | labels)
        arguments = ("import_groundtruth", folder, "--collection", "places")
        error = refused(*arguments)
        said = str(error)
        assert error.returncode == 1
        assert said.startswith("Nothing was imported. None of the 2 labelled names is a picture")
        assert remedy in said
        assert f"Write “door_a” instead of “{given.format('door_a')}”" in said
        assert "--allow-unknown-names" in said
        call_command(*arguments, "--allow-unknown-names")
        assert "“places” imported" in capsys.readouterr().out
        # Once it is there, running it again changes nothing and needs no option.
        call_command(*arguments)
        assert "is unchanged" in capsys.readouterr().out

    @pytest.mark.parametrize("kind", ["json", "pickle"])
    def test_the_published_structure_of_revisited(self, tmp_path, pictures, capsys, kind):
        """Catches the file that everybody has being refused, in either form."""
        entry = {"bbx": [4, 4, 40, 40], "easy": [0], "hard": [1, 2], "junk": []}
        document = {
            "imlist": ["door_b", "door_ok", "gone"],
            "qimlist": ["door_a"],
            "gnd": [entry],
        }
        path = tmp_path / ("gnd.json" if kind == "json" else "gnd_roxford5k.pkl")
        path.write_bytes(
            json.dumps(document).encode() if kind == "json" else pickle.dumps(document, 2)
        )
        call_command("import_groundtruth", str(path), "--collection", "places")
        captured = capsys.readouterr()
        assert "“places” imported: 1 topics, 3 labels" in captured.out
        assert "1 of the 3 labelled names (33.3 %) is not in collection “places”: gone" in (
            captured.err
        )
        facts = Judgement.objects.values_list("topic__name", "label", "name")
        assert sorted(facts) == [
            ("door_a", "easy", "door_b"),
            ("door_a", "hard", "door_ok"),
            ("door_a", "hard", "gone"),
        ]

    def test_a_pickle_that_runs_something_is_refused_by_name(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "gnd.pkl"
        path.write_bytes(b"cposix\nsystem\n(S'touch was-run'\ntR.")
        said = str(refused("import_groundtruth", str(path), "--collection", "places"))
        assert "gnd.pkl: asks for posix.system" in said
        assert [entry.name for entry in tmp_path.iterdir()] == ["gnd.pkl"]

    def test_a_name_that_cannot_be_is_refused(self, folder):
        arguments = ("--collection", "places", "--benchmark", "a b")
        assert "“a b” cannot be" in str(refused("import_groundtruth", folder, *arguments))

    class TestChanged:
        @pytest.fixture
        def changed(self, folder, tmp_path, capsys):
            call_command("import_groundtruth", folder, "--collection", "places")
            capsys.readouterr()
            write(tmp_path / "truth", {"door_1_ok.txt": "door_ok\nextra\n"})
            return folder

        def test_unattended_it_shows_the_difference_and_refuses(self, changed, capsys, monkeypatch):
            monkeypatch.setattr("sys.stdin", StringIO())
            error = refused("import_groundtruth", changed, "--collection", "places")
            assert error.returncode == 1
            assert "--yes" in str(error)
            assert "  + door_1 ok extra" in capsys.readouterr().out

        def test_with_yes_it_shows_and_replaces(self, changed, capsys):
            call_command("import_groundtruth", changed, "--collection", "places", "--yes")
            out = capsys.readouterr().out
            assert "differs in 1 place" in out
            assert "“places” replaced" in out
            assert Judgement.objects.filter(name="extra", label="ok").exists()

        @pytest.mark.parametrize("answer", ["y", "n", ""])
        def test_on_a_terminal_it_asks(self, changed, monkeypatch, answer):
            class Terminal:
                def isatty(self):
                    return True

            monkeypatch.setattr(import_command.sys, "stdin", Terminal())
            monkeypatch.setattr("builtins.input", lambda prompt: answer)
            if answer == "y":
                call_command("import_groundtruth", changed, "--collection", "places")
            else:
                refused("import_groundtruth", changed, "--collection", "places")
            assert Judgement.objects.filter(name="extra").exists() == (answer == "y")

        def test_a_long_difference_is_cut(self, changed, tmp_path, capsys):
            names = "".join(f"n{number}\n" for number in range(100))
            write(tmp_path / "truth", {"door_1_ok.txt": names})
            call_command("import_groundtruth", changed, "--collection", "places", "--yes")
            assert "… and 61 more." in capsys.readouterr().out  # 100 added, door_ok removed


class TestEvaluate:
    @pytest.fixture
    def describer(self, monkeypatch, benchmark_rows):
        describer = Describer()
        replace_fc6(monkeypatch, describer)
        return describer

    def test_the_table_says_what_is_in_the_mean_and_what_is_not(self, describer, capsys):
        call_command("evaluate", "landmarks", "--no-crop")
        out = capsys.readouterr().out
        lines = {line.split()[0]: line for line in out.splitlines() if line}
        assert f"{STANDARD_AP:.4f}" in lines["door_1"]
        assert lines["door_1"].endswith("4/4")
        assert lines["gate_1"].endswith("1/2")
        assert "no positives" in lines["lamp_1"]
        assert "tower_a is not in the collection" in lines["tower_1"]
        mean = (STANDARD_AP + GATE_AP) / 2
        assert f"mAP {mean:.4f} (standard, 2 of 4 topics)" in out
        assert "1 topic could not be evaluated" in out
        assert "1 topic has no positives" in out
        assert "2 of 9 labelled pictures are not in the collection" in out

    def test_json_alone_is_on_standard_output(self, describer, capsys):
        """Catches progress or remarks that would break a program reading the JSON."""
        call_command("evaluate", "landmarks", "--json", "--protocol", "good", "--exclude-self")
        captured = capsys.readouterr()
        answer = json.loads(captured.out)
        assert (answer["benchmark"], answer["protocol"]) == ("landmarks", "good")
        assert answer["provenance"]["exclude_self"] is True
        assert answer["provenance"]["crop"] is True
        assert [topic["topic"] for topic in answer["topics"]][:2] == ["door_1", "gate_1"]
        assert "1/1 query pictures" in captured.err

    def test_pictures_that_were_not_ranked_are_told(self, describer, capsys):
        Image.objects.filter(name="wrong_1").update(fc6=None, fc6_model_id="")
        call_command("evaluate", "landmarks", "--no-crop")
        out = capsys.readouterr().out
        assert "1 of 9 pictures of the collection have no current features" in out

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("lanmdarks",), "no benchmark “lanmdarks”. Benchmarks: landmarks."),
            (("landmarks", "--protocol", "easy"), "its protocols: standard, good, ok, junk"),
            (("landmarks", "--engine", "faiss"), "no engine 'faiss'"),
        ],
    )
    def test_what_is_not_there_is_refused_with_the_choices(self, describer, arguments, said):
        error = refused("evaluate", *arguments)
        assert said in str(error)
        assert error.returncode == 1

    def test_an_unknown_descriptor_is_refused(self, benchmark_rows):
        assert "sift" in str(refused("evaluate", "landmarks", "--descriptor", "sift"))

    def test_no_features_are_refused_with_what_to_do(self, describer):
        Image.objects.update(fc6=None, fc6_model_id="")
        assert "Run extract_features" in str(refused("evaluate", "landmarks"))

    def test_an_interruption_keeps_query_vectors_and_exits_130(self, describer, monkeypatch):
        """Catches lost work: what was described is found again by the next run."""
        monkeypatch.setattr("evaluation.runs.query_vectors.BATCH_SIZE", 1)
        Image.objects.filter(name__in=["gate_a", "lamp_a"]).update(fc6=None, fc6_model_id="")
        describe = describer.describe

        def interrupted(images):
            os.kill(os.getpid(), signal.SIGINT)
            return describe(images)

        monkeypatch.setattr(describer, "describe", interrupted)
        assert refused("evaluate", "landmarks").returncode == 130
        assert TopicVector.objects.count() == 1


class TestImportRun:
    @pytest.fixture
    def file(self, tmp_path, benchmark_rows):
        path = tmp_path / "run.txt"
        path.write_text("gate_1 Q0 gate_a 1 2 theirs\nattic_1 Q0 x 1 1 theirs\n")
        return path

    def test_it_is_measured_and_shown_like_any_run(self, file, capsys):
        call_command("import_run", str(file), "--benchmark", "landmarks")
        out = capsys.readouterr().out
        assert f"mAP {GATE_AP:.4f} (standard, 1 of 4 topics)" in out
        assert "3 topics could not be evaluated" in out
        assert "1 topic of the file is not in the benchmark: attic_1" in out
        assert EvaluationRun.objects.get().system == "theirs"

    @pytest.mark.parametrize(
        ("given", "remedy"),
        [
            (
                "{}.jpg",
                "They carry an extension such as “.jpg”, which the known names do not",
            ),
            ("folder/{}", "They carry a folder in front, which the known names do not"),
            ("oxc1_{}", "They carry the prefix “oxc1_”, which the known names do not"),
            ("jpg/{}.JPG", "They carry an extension such as “.jpg” and a folder in front"),
        ],
    )
    def test_a_run_none_of_whose_names_is_known_fails(self, file, given, remedy):
        """Catches an mAP of 0.0000 with exit status 0 and no remark."""
        lines = [
            f"gate_1 Q0 {given.format(name)} 1 {score} theirs\n"
            for score, name in enumerate(("gate_a", "door_a"))
        ]
        file.write_text("".join(lines))
        error = refused("import_run", str(file), "--benchmark", "landmarks")
        said = str(error)
        assert error.returncode == 1
        assert "None of the 2 names in run.txt is in collection “places” or labelled in" in said
        assert "Nothing was imported." in said
        assert remedy in said
        assert f"Write “gate_a” instead of “{given.format('gate_a')}”" in said or (
            f"Write “door_a” instead of “{given.format('door_a')}”" in said
        )

    def test_unknown_names_are_counted_first(self, file, capsys):
        """Catches names that nobody knows counted as wrong answers without a word."""
        file.write_text("gate_1 Q0 gate_a 1 3 t\ngate_1 Q0 door_a.jpg 2 2 t\ngate_1 Q0 x 3 1 t\n")
        call_command("import_run", str(file), "--benchmark", "landmarks", "--json")
        captured = capsys.readouterr()
        answer = json.loads(captured.out)
        assert (answer["names_total"], answer["names_unknown"]) == (3, 2)
        assert captured.err.startswith(
            "2 of the 3 names in run.txt (66.7 %) are neither in collection “places” nor labelled "
            "in benchmark “landmarks”: door_a.jpg, x. They count as wrong answers. They carry an "
            "extension"
        )
        call_command("import_run", str(file), "--benchmark", "landmarks")
        assert "2 of the 3 names in the run file are neither" in capsys.readouterr().out

    def test_names_are_looked_for_in_composed_letters(self, file, collection, capsys):
        """Catches decomposed letters, of macOS, that cost half of the precision."""
        add_image(collection, "chùa")
        name = unicodedata.normalize("NFD", "chùa")
        file.write_text(f"gate_1 Q0 {name} 1 3 t\n")
        call_command("import_run", str(file), "--benchmark", "landmarks")
        assert "neither" not in "".join(capsys.readouterr())

    def test_the_error_of_the_system_is_in_the_readers_language(self, file, monkeypatch):
        """Catches English inside of a Vietnamese sentence, whatever the system's own language."""

        def refuse(path, mode):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with override("vi"):
            said = str(refused("import_run", str(file), "--benchmark", "landmarks"))
            assert reason_of(errno.EACCES) in said
        assert "Permission denied" not in said

    def test_json(self, file, capsys):
        call_command("import_run", str(file), "--benchmark", "landmarks", "--json")
        answer = json.loads(capsys.readouterr().out)
        assert answer["map"] == pytest.approx(GATE_AP)
        assert answer["provenance"]["crop"] is None

    def test_bad_files_are_refused_with_their_lines(self, file):
        file.write_text("gate_1 Q0 gate_a 1 2 t\ngate_1 gate_b\n")
        error = refused("import_run", str(file), "--benchmark", "landmarks")
        assert "run.txt, line 2: expected 6 columns" in str(error)
        assert error.returncode == 1

    @pytest.mark.parametrize(
        ("benchmark", "protocol", "said"),
        [
            ("other", "standard", "no benchmark “other”"),
            ("landmarks", "hard", "no protocol “hard”"),
        ],
    )
    def test_what_is_not_there_is_refused(self, file, benchmark, protocol, said):
        arguments = ("--benchmark", benchmark, "--protocol", protocol)
        assert said in str(refused("import_run", str(file), *arguments))


def test_revisited_ground_truth_is_evaluated_as_published(pictures, tmp_path, capsys):
    """JSON labels by the whole road; positives easy and hard under the default, medium."""
    topic = {"name": "door_1", "image": "door_a", "box": None}
    labels = {"easy": ["door_a"], "hard": ["door_far"], "junk": ["wrong_1", "door_b"]}
    path = tmp_path / "revisited.json"
    path.write_text(json.dumps({"topics": [topic | labels]}))
    call_command("import_groundtruth", str(path), "--collection", "places")
    found = {}
    for protocol in ("easy", "medium", "hard"):
        capsys.readouterr()
        call_command("evaluate", "places", "--no-crop", "--protocol", protocol, "--json")
        found[protocol] = json.loads(capsys.readouterr().out)["topics"][0]
    # Without junk: door_a, door_junk, door_ok, wrong_2, door_far. Hard ignores door_a as well.
    assert found["easy"]["ap"] == pytest.approx(1)
    assert found["medium"]["ap"] == pytest.approx((2 + (1 / 4 + 2 / 5)) / 4)
    assert found["hard"]["ap"] == pytest.approx((0 + 1 / 4) / 2)
    # P@10 looks no further than the last positive: 2 of 5.
    assert found["medium"]["p10"] == pytest.approx(2 / 5)
    call_command("evaluate", "places", "--no-crop", "--json")
    assert json.loads(capsys.readouterr().out)["protocol"] == "medium"
