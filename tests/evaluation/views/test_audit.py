"""The audit: who should be looked at, how far it could matter, and where labels are changed."""

import re

import pytest
from django.urls import reverse

from evaluation.models import Judgement
from tests.evaluation.landmarks import DOOR, LAMP, STANDARD_AP, imported
from tests.evaluation.views.viewing import evaluated, foreign, table_rows
from tests.pages import html, text

pytestmark = pytest.mark.django_db

SUSPECT = re.compile(r'<li class="panel suspect">(.*?)</ul>', re.S)


@pytest.fixture
def door(pictures):
    """A benchmark of one topic."""
    return imported(DOOR)


@pytest.fixture
def run(door):
    return evaluated(door)


def audit(client, run, **query):
    return client.get(reverse("evaluation:audit", args=[run.pk]), query)


def suspects(response) -> list[tuple[str, str]]:
    """(picture, words about its ranks) of every suspect, from the first."""
    found = []
    for suspect in SUSPECT.findall(html(response)):
        name = re.findall(r'class="card-name">([^<]*)<', suspect)[0]
        found.append((name, " ".join(re.findall(r"</a>:\s*([^<]*?)\s*</li>", suspect))))
    return found


def test_unlabelled_pictures_come_by_rank(client, run):
    # Catches labelled pictures in the queue, and places instead of ranks without the junk.
    listed = suspects(audit(client, run))
    assert listed[:2] == [("wrong_1", "rank 3"), ("wrong_2", "rank 5")]
    assert {name for name, _words in listed} == {"wrong_1", "wrong_2", "gate_a", "lamp_a"}
    assert suspects(audit(client, run, depth=4)) == [("wrong_1", "rank 3")]


def test_both_pictures_are_linked(client, run, pictures):
    # Catches a queue that one cannot look at.
    first = html(audit(client, run)).split('<li class="panel suspect">')[1]
    for name in ("wrong_1", "door_a"):
        assert f'href="{pictures[name].get_absolute_url()}"' in first
    assert f'href="{run.results.get().get_absolute_url()}"' in first


def test_good_pictures_that_rank_low(client, run):
    # Catches a queue of what stands where it may stand: R = 4, so rank 6 is low from 4 on.
    assert suspects(audit(client, run, queue="buried")) == []
    response = audit(client, run, queue="buried", depth=1)
    assert suspects(response) == [("door_far", "rank 6")]
    assert "Labelled “good”, ranks low (1)" in text(response)


def test_what_a_run_file_lacks_ranks_lowest(client, door):
    # Catches positives of another system that nobody asks about.
    run = foreign(door, {"door_1": ["wrong_1", "door_a"]})
    response = audit(client, run, queue="buried", depth=1)
    assert ("door_far", "not in the ranking") in suspects(response)


def test_bounds_are_those_of_the_chosen_m(client, run):
    # Catches bounds of another m, or the number itself outside of them.
    rows = {row[0]: row[1:] for row in table_rows(audit(client, run, m=2)) if len(row) == 5}
    assert rows.keys() >= {"1", "2", "5", "10"}
    # Both wrong ones right: six positives at ranks 0 ... 5.
    assert rows["2"][3] == "1.0000"
    # Both ignored: four positives at ranks 0 ... 3.
    assert rows["2"][2] == "1.0000"
    assert {row[1] for number, row in rows.items() if number.isdecimal()} == {f"{STANDARD_AP:.4f}"}
    assert float(rows["1"][0]) <= STANDARD_AP <= float(rows["1"][3]) < 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"m": "0"}, "m"),
        ({"m": "x"}, "m"),
        ({"m": "101"}, "m"),
        ({"m": "9" * 40}, "m"),
        ({"m": ""}, "m"),
        ({"depth": "0"}, "depth"),
        ({"depth": "1001"}, "depth"),
        ({"depth": "\x00"}, "depth"),
    ],
)
def test_bad_numbers_are_form_errors(client, run, query, field):
    # Catches a stack trace, and a page that computes for minutes.
    response = audit(client, run, **query)
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert suspects(response)[0] == ("wrong_1", "rank 3")


def test_labels_are_changed_in_the_admin_only(client, admin_client, run):
    # Catches a link that visitors cannot follow, and one that leads to another topic.
    assert "/admin/" not in html(audit(client, run))
    page = html(audit(admin_client, run))
    add = re.search(r'href="(/admin/evaluation/judgement/add/[^"]+)"', page)[1].replace(
        "&amp;", "&"
    )
    form = admin_client.get(add)
    assert form.status_code == 200
    assert 'value="wrong_1"' in html(form)
    topic = run.benchmark.topics.get()
    assert f'<option value="{topic.pk}" selected' in html(form)
    labels = re.search(r'href="(/admin/evaluation/judgement/\?q=[^"]+)"', page)[1]
    assert admin_client.get(labels).status_code == 200
    before = Judgement.objects.count()
    for method in (admin_client.post, admin_client.put, admin_client.delete):
        assert method(reverse("evaluation:audit", args=[run.pk])).status_code == 405
    assert Judgement.objects.count() == before


def test_queues_are_shown_page_by_page(client, collection):
    # Catches a queue that stops, and a page link that forgets the depth.
    names = [f"picture_{number:02d}" for number in range(45)]
    files = {
        "far_1_query.txt": f"{names[0]}\n",
        "far_1_good.txt": f"{names[0]}\n",
        "far_1_ok.txt": "",
        "far_1_junk.txt": "",
    }
    run = foreign(imported(files), {"far_1": names})
    pages = [audit(client, run, depth=45, page=page) for page in (1, 2, 3)]
    assert [name for page in pages for name, _words in suspects(page)] == names[1:]
    assert "depth=45&amp;page=2" in html(pages[0])


def test_a_run_without_positives(client, pictures):
    # Catches bounds of nothing.
    run = evaluated(imported(LAMP, name="lamp"))
    assert "there is no mAP to change" in text(audit(client, run))
