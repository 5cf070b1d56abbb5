"""Feedback replayed on a small benchmark: function, command, job and page."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog.models import Image
from evaluation.models import Benchmark
from evaluation.replays.replaying import ReplayInterrupted, replay
from evaluation.runs.runner import EvaluationError
from search.engines import reset_engines
from search.recipes import get_recipe
from tests.evaluation.landmarks import FILES, add_pictures, imported
from tests.pages import html, text, use_stand_in
from work.models import Job

PAGE = "/evaluation/feedback/"


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    use_stand_in(monkeypatch)


@pytest.fixture
def benchmark(collection) -> Benchmark:
    add_pictures(collection)
    return imported(FILES)


def test_each_round_has_more_marks_and_the_ranking_follows(benchmark):
    # Catches rounds that ask with the marks of one round only, or with none.
    rounds = replay(benchmark=benchmark, recipe=get_recipe("fc6"), crop=False, shown=2, rounds=2)
    assert len(rounds) == 3
    assert (rounds[0].likes, rounds[0].unlikes) == (0, 0)
    assert rounds[1].likes + rounds[1].unlikes <= 2
    assert rounds[2].likes >= rounds[1].likes
    assert rounds[2].map >= rounds[0].map
    assert all(0 <= one.map <= 1 for one in rounds)


def test_it_can_be_interrupted(benchmark):
    with pytest.raises(ReplayInterrupted):
        replay(benchmark=benchmark, recipe=get_recipe("fc6"), crop=False, should_stop=lambda: True)


def test_without_features_it_says_what_to_do(benchmark):
    Image.objects.update(fc6=None, fc6_model_id="")
    reset_engines()
    with pytest.raises(EvaluationError, match="extract_features"):
        replay(benchmark=benchmark, recipe=get_recipe("fc6"), crop=False)


class TestCommand:
    def test_it_prints_a_row_for_each_round(self, benchmark, capsys):
        call_command("feedback_replay", benchmark.name, "--whole", "--rounds", "2", "--shown", "1")
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("Round  mAP")
        assert [line.split()[0] for line in lines[1:4]] == ["0", "1", "2"]
        assert "were never shown" in lines[4]

    def test_json_has_the_same_figures(self, benchmark, capsys):
        call_command("feedback_replay", benchmark.name, "--whole", "--format", "json")
        found = json.loads(capsys.readouterr().out)
        rounds = replay(benchmark=benchmark, recipe=get_recipe("fc6"), crop=False)
        assert [one["map"] for one in found] == [one.map for one in rounds]

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["nowhere"], "no benchmark"),
            (["landmarks", "--recipe", "magic"], "magic"),
            (["landmarks", "--rounds", "99"], "At most 10 rounds"),
        ],
    )
    def test_wrong_questions_are_explained(self, benchmark, arguments, words):
        with pytest.raises(CommandError, match=words):
            call_command("feedback_replay", *arguments)


class TestPage:
    @pytest.fixture
    def starter(self, client, benchmark) -> User:
        user = User.objects.create_user("starter")
        user.user_permissions.add(Permission.objects.get(codename="add_evaluationrun"))
        client.force_login(user)
        return user

    def asked(self, benchmark):
        return {"benchmark": benchmark.pk, "protocol": benchmark.protocols[0].name, "recipe": "fc6"}

    def test_a_replay_becomes_a_chart_and_a_table(self, client, benchmark, starter):
        assert "Nothing has been replayed yet." in text(client.get(PAGE))
        response = client.post(PAGE, self.asked(benchmark))
        assert response.url == PAGE
        job = Job.objects.get()
        assert (job.state, job.asked_by) == ("done", starter)
        page = client.get(PAGE)
        for one in job.outcome["rounds"]:
            assert f"{one['map']:.4f}" in text(page)
        assert 'class="replay-chart"' in html(page)
        assert html(client.get(PAGE, headers={"accept-language": "vi"})).count("<circle") > 3
        assert f'href="{PAGE}"' in html(client.get(reverse("evaluation:index")))

    def test_only_who_may_starts_one(self, client, benchmark):
        assert "/login/" in client.post(PAGE, self.asked(benchmark)).url
        client.force_login(User.objects.create_user("nobody"))
        assert client.post(PAGE, self.asked(benchmark)).status_code == 403
        assert not Job.objects.exists()

    def test_a_benchmark_that_is_gone_ends_the_job(self, client, benchmark, starter, monkeypatch):
        asked = self.asked(benchmark) | {"protocol": "magic"}
        assert client.post(PAGE, asked).status_code == 400
        Image.objects.update(fc6=None, fc6_model_id="")
        reset_engines()
        response = client.post(PAGE, self.asked(benchmark))
        job = Job.objects.get()
        assert response.url == job.get_absolute_url()
        assert job.state == "failed"
        assert "extract_features" in job.error
