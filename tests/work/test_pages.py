"""The Work page: what goes on, its buttons, and what was done before."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.pages import text
from tests.work.test_jobs import ask, running
from work.models import Job, State, Worker
from work.templatetags.work_pages import span


@pytest.fixture
def curator(client) -> User:
    user = User.objects.create_user("curator")
    client.force_login(user)
    return user


def test_a_job_is_followed_to_its_end(client, counting, later, curator):
    job = running(ask(4, user=curator))
    Job.objects.update(done=1, total=4, step="Counting")
    assert "Counting: 1 of 4" in text(client.get("/work/"))
    address = f"/work/{job.pk}/progress/"
    assert "1 of 4" in text(client.get(address))
    Job.objects.update(state=State.DONE, outcome={"counted": 4})
    assert client.get(address)["HX-Redirect"] == "/images/"
    assert client.get(f"/work/progress/?shown={job.pk}")["HX-Refresh"] == "true"
    shown = text(client.get(job.get_absolute_url()))
    assert "Counted 4." in shown and "Show the result" in shown
    assert "Nothing is in progress" in text(client.get("/work/"))


def test_the_buttons_cancel_and_continue(client, counting, later, curator):
    job = ask(user=curator)
    shown = text(client.post(f"/work/{job.pk}/cancel/", follow=True))
    assert "Cancelled" in shown and "Continue" in shown
    again = client.post(f"/work/{job.pk}/continue/")
    new = Job.objects.under_way().get()
    assert again["Location"] == new.get_absolute_url()
    # What waits is not continued once more.
    assert client.post(f"/work/{new.pk}/continue/")["Location"] == new.get_absolute_url()
    assert Job.objects.count() == 2


def test_others_are_neither_shown_nor_changed(client, counting, later, curator):
    # Catches a number in an address that lets anybody end other people's work.
    job = ask(user=User.objects.create_user("another"))
    assert "Count to 3" not in text(client.get("/work/"))
    for address in (f"/work/{job.pk}/", f"/work/{job.pk}/progress/"):
        assert client.get(address).status_code == 404
    for name in ("cancel", "continue"):
        assert client.post(f"/work/{job.pk}/{name}/").status_code == 404
        assert Client().post(f"/work/{job.pk}/{name}/").status_code == 302
    assert Job.objects.get().state == State.QUEUED


def test_a_page_says_that_nobody_works(client, counting, later, curator):
    # Catches a bar that stands still for ever, and nobody who says why.
    ask(user=curator)
    assert "manage.py worker" in text(client.get("/work/"))
    Worker.objects.create(host="here", process=1)
    assert "manage.py worker" not in text(client.get("/work/"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1.2, "2 seconds"),
        (119, "119 seconds"),
        (121, "3 minutes"),
        (9000, "3 hours"),
    ],
)
def test_a_span_is_rounded_up_in_its_largest_unit(seconds, words):
    assert span(seconds) == words
