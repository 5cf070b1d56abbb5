"""The page of recipes side by side, and that of a trial."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from evaluation.models import EvaluationRun, RecipeTrial
from search.recipes import kept_choice
from tests.evaluation.views.viewing import (
    evaluated,
    finished_trial,
    heavy_columns_read,
    table_rows,
)
from tests.pages import html, text

pytestmark = pytest.mark.django_db
PAGE = reverse("evaluation:recipes")
TRIALS = reverse("evaluation:trials")


@pytest.fixture
def two(benchmark_rows):
    runs = [evaluated(benchmark_rows), evaluated(benchmark_rows)]
    EvaluationRun.objects.filter(pk=runs[1].pk).update(recipe="other", saw_collection=True)
    return runs


@pytest.fixture
def staff(client):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_recipetrial"))
    client.force_login(user)
    return client


class TestRecipes:
    def test_the_newest_question_is_shown_without_asking(self, client, two):
        # Catches a page that shows nothing until a form is filled.
        rows = table_rows(client.get(PAGE))
        assert [row[0].split()[0] for row in rows[1:]] == ["fc6", "other"]
        assert rows[1][5] == "compared with this"

    def test_what_was_learned_on_the_collection_is_marked(self, client, two):
        # Catches figures that are too good, without a word; on the list of runs, too.
        assert "learned on this collection" in text(client.get(PAGE))
        assert "learned on this collection" in text(client.get(reverse("evaluation:index")))
        assert "learned on this collection" in text(client.get(two[1].get_absolute_url()))
        other = client.get(two[0].get_absolute_url())
        assert "learned on this collection" not in text(other)

    def test_the_table_alone_reads_no_rankings(self, client, two):
        # Catches a page that loads every ranking of every recipe; one recipe has nobody to differ.
        two[1].delete()
        assert heavy_columns_read(client, PAGE) == set()

    def test_pictures_show_where_two_disagree(self, client, two):
        assert "Both find the same right answers" in text(client.get(PAGE))

    def test_wrong_questions_are_refused_and_none_is_no_error(self, client, benchmark_rows):
        # Catches a page of errors where nobody asked anything.
        response = client.get(PAGE)
        assert response.status_code == 200
        assert "form-errors" not in html(response)
        assert client.get(PAGE, {"benchmark": "x"}).status_code == 400
        asked = {"benchmark": benchmark_rows.pk, "protocol": "standard"}
        assert "evaluate landmarks --recipes all" in text(client.get(PAGE, asked))

    def test_the_literature_stands_beside_oxford5k_alone(self, client, two, benchmark_rows):
        # Catches figures of the whole benchmark beside those of another one.
        assert "What others report" not in text(client.get(PAGE))
        benchmark_rows.name = "oxford5k"
        benchmark_rows.save()
        shown = text(client.get(PAGE))
        assert "Tolias" in shown
        assert "not measured here" in shown

    @pytest.mark.parametrize("language", ["en", "vi"])
    def test_both_languages(self, client, two, language):
        assert client.get(PAGE, headers={"accept-language": language}).status_code == 200

    def test_the_evaluation_leads_here(self, client, two):
        assert f'href="{PAGE}"' in html(client.get(reverse("evaluation:index")))


class TestTrials:
    def test_the_result_is_shown_with_its_limits(self, client, collection):
        # Catches figures without what they do not measure.
        shown = text(client.get(finished_trial(collection).get_absolute_url()))
        assert "Best here: fc6" in shown
        assert "not whether other pictures of the same thing" in shown
        assert "80.0 – 100.0" in shown
        assert "It has no vectors." in shown
        assert "Keep" not in shown

    def test_the_choice_is_kept_by_those_who_may(self, staff, collection):
        # Catches a button that keeps another recipe, or one that was never measured.
        trial = finished_trial(collection)
        address = trial.get_absolute_url()
        assert staff.post(address, {"recipe": "absent"}).status_code == 400
        assert kept_choice(collection) == ""
        assert staff.post(address, {"recipe": "colour-layout"}).status_code == 302
        assert kept_choice(collection) == "colour-layout"
        shown = text(staff.get(address))
        assert "Pages search this collection by colour-layout" in shown

    def test_nobody_else_keeps_or_starts_any(self, client, collection):
        # Catches a form that is only hidden.
        address = finished_trial(collection).get_absolute_url()
        started = {"collection": collection.pk, "pictures": 2}
        for role in ("visitor", "account"):
            assert client.post(address, {"recipe": "fc6"}).status_code in (302, 403), role
            assert client.post(TRIALS, started).status_code in (302, 403), role
            client.force_login(User.objects.get_or_create(username="account")[0])
        assert kept_choice(collection) == ""
        assert RecipeTrial.objects.count() == 1

    def test_a_trial_that_cannot_be_done_says_why(self, staff, collection):
        response = staff.post(TRIALS, {"collection": collection.pk, "pictures": 2})
        assert response.status_code == 400
        assert "contains no pictures" in text(response)

    def test_lists_do_not_load_results(self, client, collection, django_assert_max_num_queries):
        finished_trial(collection)
        with django_assert_max_num_queries(8) as captured:
            assert "Trial 1" in text(client.get(TRIALS)) or RecipeTrial.objects.exists()
        assert not any('"results"' in query["sql"] for query in captured.captured_queries)
