"""Trials of recipes on a collection's own pictures, with pictures that lie in the storage."""

import pytest
from django.core.management import CommandError, call_command

from catalog.descriptors import get_descriptor
from catalog.extraction import extract_features
from catalog.models import Image
from evaluation.models import RecipeTrial
from evaluation.trials.jobs import ask_for_trial
from evaluation.trials.measuring import TrialInterrupted
from evaluation.trials.running import TrialError, try_recipes
from evaluation.trials.sampling import queries_of, sample
from search.engines import reset_engines
from search.recipes import kept_choice
from tests.helpers import add_image
from work.models import Job, State
from work.running import Noted, run_job

pytestmark = pytest.mark.django_db
NUMBER = 6


@pytest.fixture(autouse=True)
def stored_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    reset_engines()


@pytest.fixture
def stored(collection):
    """Pictures with files, and vectors of colour-layout."""
    images = [add_image(collection, f"own_{number}") for number in range(NUMBER)]
    extract_features(ids=[image.pk for image in images], descriptor=get_descriptor("colour-layout"))
    return images


class TestSampling:
    def test_a_seed_draws_the_same_pictures(self, stored, collection):
        # Catches a sample that depends on the order of import, or is the same for every seed.
        def drawn(seed):
            return [item.image.name for item in sample(collection, number=3, seed=seed)]

        assert drawn(0) == drawn(0)
        assert len({tuple(drawn(seed)) for seed in range(8)}) > 1
        assert len(sample(collection, number=99, seed=0)) == NUMBER

    def test_equal_bytes_are_right_too(self, stored, collection):
        # Catches a twin that counts as a wrong answer.
        first, second = stored[:2]
        Image.objects.filter(pk=second.pk).update(sha256=first.sha256)
        by_name = {item.image.name: item for item in sample(collection, number=9, seed=0)}
        assert by_name["own_0"].right == {first.pk, second.pk}
        assert by_name["own_2"].right == {stored[2].pk}

    def test_nothing_is_written_to_the_storage(self, stored, collection, tmp_path):
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        for item in sample(collection, number=9, seed=0):
            assert len(list(queries_of(item, seed=0))) == 5
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


class TestTrial:
    def test_it_measures_ranks_and_stores(self, stored, collection):
        trial = try_recipes(collection=collection, recipes=["colour-layout"], pictures=4)
        trial = RecipeTrial.objects.get(pk=trial.pk)
        assert trial.best == "colour-layout"
        (row,) = trial.rows
        assert 0 < row["first"] <= row["mean"] <= 1
        assert row["low"] <= row["mean"] <= row["high"]
        assert (row["ranked"], row["chance"]) == (NUMBER, None)
        assert (trial.results["queries"], trial.results["pictures"]) == (20, 4)

    def test_what_cannot_rank_is_skipped_and_alone_an_error(self, stored, collection):
        # Catches a trial that fails for one recipe without vectors, or hides it.
        trial = try_recipes(collection=collection, recipes=["fc6", "colour-layout"], pictures=2)
        assert trial.results["skipped"][0][0] == "fc6"
        with pytest.raises(TrialError, match="extract_features"):
            try_recipes(collection=collection, recipes=["fc6"])
        with pytest.raises(TrialError, match="fc77"):
            try_recipes(collection=collection, recipes=["fc77"])

    def test_a_picture_that_is_gone_is_counted(self, stored, collection):
        # Catches one missing file that ends the trial, or a smaller sample without a word.
        stored[0].file.storage.delete(stored[0].file.name)
        trial = try_recipes(collection=collection, recipes=["colour-layout"], pictures=9)
        assert trial.results["unreadable"] == 1
        assert trial.results["pictures"] == NUMBER - 1

    def test_an_interruption_stores_nothing(self, stored, collection):
        with pytest.raises(TrialInterrupted):
            try_recipes(collection=collection, recipes=["colour-layout"], should_stop=lambda: True)
        assert not RecipeTrial.objects.exists()

    def test_the_job_leads_to_the_trial_or_says_why_not(self, stored, collection):
        # Catches a reason that only the log has.
        done = ask_for_trial(
            collection=collection, recipes=["colour-layout"], pictures=2, user=None
        )
        assert done.result_address == RecipeTrial.objects.get().get_absolute_url()
        failed = ask_for_trial(collection=collection, recipes=["fc6"], pictures=2, user=None)
        assert failed.state == State.FAILED
        assert "extract_features" in failed.error
        assert RecipeTrial.objects.count() == 1

    @pytest.mark.parametrize("what", ["cancelled", "gone"])
    def test_the_job_that_ends_early_keeps_nothing(
        self, stored, collection, settings, monkeypatch, what
    ):
        # Catches half a trial, and a trace where the collection was deleted meanwhile.
        settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
        job = ask_for_trial(collection=collection, recipes=["colour-layout"], pictures=2, user=None)
        if what == "gone":
            Job.objects.update(arguments=job.arguments | {"collection": 987654})
        else:
            monkeypatch.setattr(Noted, "should_stop", lambda self: True)
        run_job(pk=job.pk)
        job.refresh_from_db()
        assert job.state == (State.FAILED if what == "gone" else State.CANCELLED)
        assert not RecipeTrial.objects.exists()


class TestCommand:
    def test_the_table_and_the_choice(self, stored, collection, capsys):
        # Catches --keep that keeps nothing, and figures without their limits.
        options = ("--collection", "places", "--recipes", "colour-layout", "--pictures", "3")
        call_command("choose_recipe", *options)
        assert kept_choice(collection) == ""
        call_command("choose_recipe", *options, "--keep")
        out = capsys.readouterr().out
        assert "colour-layout" in out
        assert "15 queries made of 3 pictures" in out
        assert "not whether other pictures of the same thing" in out
        assert kept_choice(collection) == "colour-layout"

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--collection", "nowhere"), "There is no collection"),
            (("--collection", "places", "--recipes", "fc77"), "fc77"),
        ],
    )
    def test_what_is_not_there_is_refused(self, stored, options, said):
        with pytest.raises(CommandError, match=said):
            call_command("choose_recipe", *options)
