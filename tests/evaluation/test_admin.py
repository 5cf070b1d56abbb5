"""Benchmarks in the admin: labels change here alone, with history; runs are only read."""

import re
import unicodedata

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluation.formats.oxford import parse_files
from evaluation.importing import plan_import
from evaluation.models import Benchmark, EvaluationRun, Judgement, Topic, TopicResult
from evaluation.runs.runner import evaluate
from tests.evaluation.landmarks import DOOR, FILES, Describer, imported

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"admin:evaluation_{name}", args=args)


@pytest.fixture
def run(benchmark_rows):
    return evaluate(benchmark=benchmark_rows, crop=False, descriptor=Describer())


def shown(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


class TestLabels:
    @pytest.fixture
    def judgement(self, benchmark_rows):
        return Judgement.objects.get(name="door_ok")

    def test_a_change_is_kept_in_the_history_and_renews_the_hash(
        self, admin_client, judgement, run
    ):
        """Catches labels edited without a trace, and later runs compared with earlier ones."""
        address = page("judgement_change", judgement.pk)
        response = admin_client.post(address, {"label": "junk"}, follow=True)
        assert response.redirect_chain
        judgement.refresh_from_db()
        assert (judgement.label, judgement.position) == ("junk", 1)  # after door_junk
        (entry,) = LogEntry.objects.all()
        assert entry.object_id == str(judgement.pk)
        assert "Label" in entry.get_change_message()
        benchmark = Benchmark.objects.get(name="landmarks")
        assert benchmark.judgements_hash != run.judgements_hash
        history = admin_client.get(page("judgement_history", judgement.pk))
        assert "Label" in shown(history)

    def test_a_change_in_the_list_does_the_same(self, admin_client, judgement, run):
        address = page("judgement_changelist") + f"?q={judgement.name}"
        data = {
            "form-TOTAL_FORMS": 1,
            "form-INITIAL_FORMS": 1,
            "form-0-id": judgement.pk,
            "form-0-label": "good",
            "_save": "Save",
        }
        admin_client.post(address, data)
        judgement.refresh_from_db()
        assert judgement.label == "good"
        assert LogEntry.objects.count() == 1
        assert Benchmark.objects.get().judgements_hash != run.judgements_hash

    def test_an_unlabelled_picture_gets_a_label(self, admin_client, judgement, run):
        topic = Topic.objects.get(name="door_1")
        address = page("judgement_add")
        prefilled = shown(admin_client.get(f"{address}?topic={topic.pk}&name=wrong_1"))
        assert 'value="wrong_1"' in prefilled
        data = {"topic": topic.pk, "name": "wrong_1", "label": "ok"}
        admin_client.post(address, data)
        assert Judgement.objects.get(name="wrong_1").position == 1
        assert Benchmark.objects.get().judgements_hash != run.judgements_hash

    @pytest.mark.parametrize("way", ["page", "action"])
    def test_a_deletion_renews_the_hash(self, admin_client, judgement, run, way):
        if way == "page":
            admin_client.post(page("judgement_delete", judgement.pk), {"post": "yes"})
        else:
            data = {"action": "delete_selected", "_selected_action": judgement.pk, "post": "yes"}
            admin_client.post(page("judgement_changelist"), data)
        assert not Judgement.objects.filter(pk=judgement.pk).exists()
        assert Benchmark.objects.get().judgements_hash != run.judgements_hash
        assert LogEntry.objects.count() == 1

    def test_labels_of_another_kind_are_refused(self, admin_client, judgement):
        address = page("judgement_change", judgement.pk)
        response = admin_client.post(address, {"label": "easy"})
        assert "has the labels good, ok, junk" in shown(response)
        judgement.refresh_from_db()
        assert judgement.label == "ok"

    def test_the_same_picture_twice_is_refused(self, admin_client, judgement):
        data = {"topic": judgement.topic_id, "name": judgement.name, "label": "good"}
        assert "already exists" in shown(admin_client.post(page("judgement_add"), data))

    def test_what_is_judged_stays(self, admin_client, judgement):
        data = {"label": "ok", "name": "other", "topic": judgement.topic_id + 1}
        admin_client.post(page("judgement_change", judgement.pk), data)
        judgement.refresh_from_db()
        assert (judgement.name, judgement.topic.name) == ("door_ok", "door_1")

    def test_an_edited_label_shows_when_the_file_comes_again(self, admin_client, judgement):
        """Catches a re-import that silently undoes the admin's work."""
        admin_client.post(page("judgement_change", judgement.pk), {"label": "good"})
        benchmark = Benchmark.objects.get()
        truth = benchmark.ground_truth()
        assert not plan_import(
            ground_truth=truth, benchmark="landmarks", collection="places"
        ).differences
        file = parse_files({name: text.encode() for name, text in FILES.items()}, "t")
        plan = plan_import(ground_truth=file, benchmark="landmarks", collection="places")
        assert plan.needs_confirmation
        assert [str(d) for d in plan.differences] == ["~ door_1 label door_ok: good → ok"]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("present=no", {"gate_gone", "tower_a"}),
            ("label__exact=ok", {"door_ok"}),
            ("q=far", {"door_far"}),
        ],
    )
    def test_filters(self, admin_client, judgement, query, names):
        html = shown(admin_client.get(f"{page('judgement_changelist')}?{query}"))
        rows = set(re.findall(r'class="field-shown_name"><a[^>]*>([^<]+)<', html))
        assert rows == names

    def test_a_name_is_stored_in_composed_letters(self, admin_client, judgement):
        """Catches a label typed on macOS that misses its picture, and one twice for one picture."""
        decomposed = unicodedata.normalize("NFD", "chùa")
        data = {"topic": judgement.topic_id, "label": "ok", "name": f" {decomposed} "}
        assert admin_client.post(page("judgement_add"), data).status_code == 302
        assert Judgement.objects.filter(name="chùa").exists()
        again = admin_client.post(page("judgement_add"), data | {"name": "chùa"})
        assert again.status_code == 200
        assert Judgement.objects.filter(label="ok", name="chùa").count() == 1
        for term in ("chùa", decomposed):
            html = shown(admin_client.get(page("judgement_changelist"), {"q": term}))
            assert ">chùa</a>" in html

    @pytest.mark.parametrize("name", ["a\x1bb", "\ufeff", "\u3000"])
    def test_a_name_that_no_file_can_bring_is_refused(self, admin_client, judgement, name):
        """Catches another rule for names that are typed than for names in files."""
        data = {"topic": judgement.topic_id, "label": "ok", "name": name}
        before = Judgement.objects.count()
        assert admin_client.post(page("judgement_add"), data).status_code == 200
        assert Judgement.objects.count() == before

    def test_names_are_shown_with_what_is_invisible_in_them(self, admin_client, judgement):
        """Catches a name that turns the text around it."""
        Judgement.objects.filter(pk=judgement.pk).update(name="a\u202egpj.exe")
        Topic.objects.filter(pk=judgement.topic_id).update(name="t\u202e", image_name="i\u202e")
        for address in (
            page("judgement_changelist"),
            page("judgement_change", judgement.pk),
            page("topic_changelist"),
            page("topic_change", judgement.topic_id),
        ):
            html = shown(admin_client.get(address))
            assert "\u202e" not in html
            assert "\\u202e" in html

    def test_the_topic_filter(self, admin_client, judgement):
        topic = Topic.objects.get(name="gate_1")
        address = f"{page('judgement_changelist')}?topic__id__exact={topic.pk}"
        html = shown(admin_client.get(address))
        assert "gate_gone" in html
        assert "door_far" not in html

    def test_a_list_takes_few_queries(self, admin_client, judgement, django_assert_max_num_queries):
        names = "".join(f"n{number}\n" for number in range(45))
        imported(DOOR | {"door_1_junk.txt": names}, name="many")
        with django_assert_max_num_queries(20):
            admin_client.get(page("judgement_changelist"))


class TestTopics:
    def test_the_box_is_drawn_on_the_picture_without_inline_style(
        self, admin_client, benchmark_rows, pictures
    ):
        """Catches a style attribute, which the content security policy drops."""
        topic = Topic.objects.get(name="door_1")
        html = shown(admin_client.get(page("topic_change", topic.pk)))
        (svg,) = re.findall(r"<svg class=\"evaluation-query\".*?</svg>", html, re.S)
        assert 'viewBox="0 0 64 48"' in svg
        assert svg.count('<rect x="4" y="4" width="36" height="36"') == 2
        assert reverse("catalog:thumbnail", args=[pictures["door_a"].pk, "large"]) in svg
        assert "style=" not in svg

    def test_numbers_in_the_drawing_are_no_language(self, admin_client, benchmark_rows, settings):
        """Catches decimal commas, which no browser reads as coordinates."""
        settings.LANGUAGE_CODE = "vi"
        Topic.objects.filter(name="door_1").update(x1=1.5)
        topic = Topic.objects.get(name="door_1")
        html = shown(
            admin_client.get(page("topic_change", topic.pk), headers={"accept-language": "vi"})
        )
        assert 'x="1.5"' in html

    def test_missing_pictures_are_said_and_filtered(self, admin_client, benchmark_rows):
        topic = Topic.objects.get(name="tower_1")
        html = shown(admin_client.get(page("topic_change", topic.pk)))
        assert "no picture with this name yet" in html
        missing = shown(admin_client.get(page("topic_changelist") + "?present=no"))
        assert "tower_1" in missing
        assert "door_1" not in missing

    def test_topics_are_not_edited(self, admin_client, benchmark_rows):
        topic = Topic.objects.get(name="door_1")
        assert admin_client.post(page("topic_change", topic.pk), {"name": "x"}).status_code == 403
        assert admin_client.get(page("topic_add")).status_code == 403


class TestRuns:
    def test_they_are_read_only(self, admin_client, run):
        address = page("evaluationrun_change", run.pk)
        html = shown(admin_client.get(address))
        assert run.model_id in html
        assert run.judgements_hash in html
        assert admin_client.post(address, {"mean_ap": 1}).status_code == 403
        assert admin_client.get(page("evaluationrun_add")).status_code == 403

    def test_the_list_loads_no_rankings(self, admin_client, run, django_assert_max_num_queries):
        with django_assert_max_num_queries(16) as captured:
            assert "0.66" in shown(admin_client.get(page("evaluationrun_changelist")))
        assert not [q for q in captured if "names_data" in q["sql"] or "ranking_data" in q["sql"]]

    def test_deleting_reads_no_rankings_either(self, admin_client, run):
        with CaptureQueriesContext(connection) as captured:
            address = page("benchmark_delete", run.benchmark.pk)
            html = shown(admin_client.get(address))
            assert "Runs: 1" in html.replace("\n", "")
            admin_client.post(address, {"post": "yes"})
        assert not Benchmark.objects.exists()
        assert not TopicResult.objects.exists()
        assert not [q for q in captured if 'ranking_data"' in q["sql"]]

    def test_a_viewer_may_look_and_not_delete(self, client, django_user_model, run):
        viewer = django_user_model.objects.create_user("viewer", is_staff=True)
        models = ("benchmark", "topic", "judgement", "evaluationrun")
        codes = [f"view_{model}" for model in models]
        viewer.user_permissions.set(Permission.objects.filter(codename__in=codes))
        client.force_login(viewer)
        for model in models:
            assert client.get(page(f"{model}_changelist")).status_code == 200
        assert client.get(page("evaluationrun_delete", run.pk)).status_code == 403
        assert EvaluationRun.objects.exists()


def test_a_benchmark_says_what_it_holds_and_lacks(admin_client, run):
    html = shown(admin_client.get(page("benchmark_change", run.benchmark.pk)))
    assert "good, ok, junk" in html
    assert re.search(r'field-missing.*?readonly">2<', html, re.S)
    assert "landmarks" in shown(admin_client.get(page("benchmark_changelist")))
