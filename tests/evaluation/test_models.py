"""Rows that lists can afford to load, and texts that stay in step."""

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import translation

from evaluation.formats.problems import LISTED, MESSAGES, InputError, Problem, ProblemCode
from evaluation.formats.tables import (
    NameTable,
    decode_names,
    decode_positions,
    encode_names,
    encode_positions,
)
from evaluation.measures.protocols import PROTOCOLS
from evaluation.messages import PROTOCOLS as EXPLAINED
from evaluation.messages import problem_in_words, problems_in_words
from evaluation.models import Benchmark, EvaluationRun, Judgement, TopicResult
from evaluation.runs.jobs import ask_for_evaluation
from evaluation.runs.runner import evaluate
from search.recipes import get_recipe
from tests.evaluation.landmarks import DOOR, Describer, imported
from tests.pages import replace_fc6
from work.models import Job, State
from work.running import run_job


@pytest.fixture
def run(benchmark_rows):
    return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())


class TestRows:
    def test_lists_load_no_rankings(self, run, django_assert_num_queries):
        """Catches 20 KB a topic and 30 KB a run being read for a table of numbers."""
        with django_assert_num_queries(2):
            (listed,) = EvaluationRun.objects.all()
            results = list(listed.results.all())
            assert listed.benchmark.name == "landmarks"
        assert "names_data" in listed.get_deferred_fields()
        assert {"ranking_data", "judged_data"} <= results[0].get_deferred_fields()
        with django_assert_num_queries(3):
            loaded = EvaluationRun.objects.get()
            assert loaded.names
            assert loaded.results.with_rankings()[0].ranking_data

    def test_counts_do_not_multiply(self, run, benchmark_rows, gate):
        """Catches joins of topics with runs counting each topic once a run."""
        evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())
        counted = Benchmark.objects.with_counts().get(name="landmarks")
        assert counted.topic_count == 4
        assert counted.judgement_count == Judgement.objects.count() - 2
        assert counted.run_count == 2

    def test_a_collection_with_a_benchmark_is_not_deleted_in_passing(self, run, collection):
        with pytest.raises(ProtectedError):
            collection.delete()
        assert TopicResult.objects.exists()

    def test_one_picture_has_one_label_a_topic(self, run):
        judgement = Judgement.objects.first()
        with pytest.raises(IntegrityError), transaction.atomic():
            Judgement.objects.create(topic=judgement.topic, name=judgement.name, label="ok")


class TestTables:
    def test_names_and_positions_come_back(self):
        table = NameTable(["a", "b"])
        assert table.add(["c", "a", "phở"]).tolist() == [2, 0, 3]
        assert decode_names(encode_names(table.names)) == ["a", "b", "c", "phở"]
        assert decode_positions(encode_positions([3, 0])).tolist() == [3, 0]
        assert decode_names(b"") == []


class TestJobs:
    def test_the_job_leads_to_the_run(self, benchmark_rows, monkeypatch):
        replace_fc6(monkeypatch, Describer())
        recipe = get_recipe("fc6")
        job = ask_for_evaluation(
            benchmark=benchmark_rows, recipe=recipe, protocol="good", user=None
        )
        run = EvaluationRun.objects.get()
        assert (job.state, job.result_address) == (State.DONE, run.get_absolute_url())
        assert (run.protocol, run.results.count()) == ("good", 4)

    def test_the_job_says_why_it_failed(self, db, monkeypatch):
        """Catches a page that waits forever, or an exception in the visitor's face."""
        replace_fc6(monkeypatch, Describer())
        benchmark = imported(DOOR, name="door")
        job = ask_for_evaluation(benchmark=benchmark, recipe=get_recipe("fc6"), user=None)
        assert job.state == State.FAILED
        assert "contains no pictures" in job.error
        assert not EvaluationRun.objects.exists()

    @pytest.mark.parametrize("name", ["benchmark", "recipe"])
    def test_what_is_gone_before_its_turn_is_said(
        self, benchmark_rows, monkeypatch, name, settings
    ):
        """Catches a trace in the worker's log, and a job that stays running."""
        settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
        replace_fc6(monkeypatch, Describer())
        job = ask_for_evaluation(benchmark=benchmark_rows, recipe=get_recipe("fc6"), user=None)
        Job.objects.update(arguments=job.arguments | {name: "gone"})
        run_job(pk=job.pk)
        job.refresh_from_db()
        assert job.state == State.FAILED
        assert "gone" in job.error or "deleted meanwhile" in job.error


class TestMessages:
    def test_every_problem_has_its_sentence(self):
        """Catches a code that was added without one: its first user would get a KeyError."""
        assert MESSAGES.keys() == set(ProblemCode)

    def test_sentences_are_translated(self):
        """Catches English sentences in the terminal or on the page of a Vietnamese user."""
        with translation.override("vi"):
            said = problem_in_words(Problem("a.txt", 3, ProblemCode.MISSING_KEY, "box"))
        assert said == "a.txt, dòng 3: thiếu khóa “box”"

    def test_places_are_named(self):
        problem = Problem("a.txt", 3, ProblemCode.DUPLICATE, "b", "a.txt:1")
        assert problem_in_words(problem) == str(problem)
        nested = Problem("a.json", None, ProblemCode.UNKNOWN_KEY, "x{0}", where="topics[0]")
        assert problem_in_words(nested) == str(nested)

    def test_a_long_list_is_cut(self):
        error = InputError([Problem("a", None, ProblemCode.NO_TOPICS)] * (LISTED + 2))
        assert problems_in_words(error).splitlines()[-1] == "… and 2 more problems"

    def test_every_protocol_is_explained(self):
        assert EXPLAINED.keys() == PROTOCOLS.keys()


def test_the_version_is_the_projects():
    """Catches runs that say they were made by another release."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text()
    assert f'version = "{settings.SIS_VERSION}"' in text
