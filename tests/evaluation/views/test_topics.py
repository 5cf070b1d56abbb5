"""A topic's page: its query, its ranking to the end, and what its AP adds up from."""

import re

import pytest
from django.urls import reverse

from evaluation.models import TopicResult
from tests.evaluation.landmarks import DOOR, ORDER, STANDARD_AP, imported
from tests.evaluation.views.viewing import evaluated, foreign, table_rows
from tests.helpers import add_image
from tests.pages import html, text

pytestmark = pytest.mark.django_db

CARD = re.compile(r'<li class="card place place-(\w+) role-(\w+)([^"]*)" id="place-(\d+)"')
NAME = re.compile(r'<span class="card-name">([^<]*)</span>')
FRAMES = {
    "door_junk": "junk",
    "door_ok": "ok",
    "door_a": "good",
    "door_b": "good",
    "door_far": "good",
}


@pytest.fixture
def run(benchmark_rows):
    return evaluated(benchmark_rows)


def topic(run, name: str = "door_1") -> TopicResult:
    return run.results.get(name=name)


def page_of(client, run, name: str = "door_1", **query):
    return client.get(topic(run, name).get_absolute_url(), query)


def steps(response) -> list[list[str]]:
    """The rows of the anatomy's table."""
    return [row for row in table_rows(response) if len(row) == 9][1:]


def test_places_are_framed_by_label_and_say_what_they_count_for(client, run):
    # Catches frames by role, ignored places that count, and a label told by colour alone.
    response = page_of(client, run)
    cards = [
        (label, role, int(place)) for label, role, _more, place in CARD.findall(html(response))
    ]
    assert NAME.findall(html(response)) == ORDER
    for (label, role, _place), name in zip(cards, ORDER, strict=True):
        assert label == FRAMES.get(name, "none")
        expected = {"good": "positive", "ok": "positive", "junk": "ignored", "none": "wrong"}
        assert role == expected[label]
    assert [place for *_rest, place in cards] == list(range(1, 10))
    seen = text(response)
    assert "door_a ✓ good right · the query itself Place 1 Rank 1" in seen
    assert "door_junk ✕ junk ignored Place 4 Rank drops out door_ok" in seen
    assert "door_ok ≈ ok right Place 5 Rank 4 Recall 0.750 Precision 0.750" in seen
    assert "wrong_2 ? unlabelled wrong Place 6 Rank 5" in seen


def test_the_protocol_decides_what_is_ignored(client, benchmark_rows):
    # Catches labels that are read by one protocol whatever the run's.
    response = page_of(client, evaluated(benchmark_rows, protocol="junk"))
    roles = [(label, role) for label, role, _more, _place in CARD.findall(html(response))]
    assert roles[3] == ("junk", "positive")
    assert roles[0] == ("good", "ignored")


def test_the_trapezoids_add_up_to_the_number(client, run):
    # Catches a table about another ranking, or ranks that count what was ignored.
    rows = steps(page_of(client, run))
    places = [(row[1], row[2], row[3]) for row in rows]
    assert places == [("1", "0", "1"), ("2", "0", "2"), ("5", "1", "4"), ("7", "1", "6")]
    assert [row[4] for row in rows] == ["0.250", "0.500", "0.750", "1.000"]
    assert [row[5:7] for row in rows][2:] == [["0.667", "0.750"], ["0.600", "0.667"]]
    assert rows[-1][8] == f"{STANDARD_AP:.4f}"
    assert sum(float(row[7]) for row in rows) == pytest.approx(STANDARD_AP, abs=2e-4)


def test_a_step_is_an_address_of_its_own(client, run):
    # Catches stepping that only a script can do.
    response = page_of(client, run, step=3)
    assert "Positive 3 of 4, door_ok: place 5 minus 1 ignored above it gives rank 4." in text(
        response
    )
    assert html(response).count('aria-current="step"') == 1
    assert html(response).count('<polygon points="') == 4
    assert len(re.findall(r'<polygon points="[^"]+" class="is-current"', html(response))) == 1
    assert [place for *_r, more, place in CARD.findall(html(response)) if more] == ["5"]
    assert re.search(r'href="\?step=2#anatomy" data-step-previous>', html(response))
    assert re.search(r'href="\?step=4#anatomy" data-step-next>', html(response))
    assert re.search(r"data-step-next hidden>", html(page_of(client, run, step=4)))
    assert re.search(r"data-step-previous hidden>", html(page_of(client, run, step=1)))


@pytest.mark.parametrize("step", ["0", "5", "-1", "x", "9" * 30, "²", "1.5", "\x00"])
def test_steps_that_do_not_exist_are_no_step(client, run, step):
    # Catches a stack trace, or the last step for any large number.
    response = page_of(client, run, step=step)
    assert response.status_code == 200
    assert 'aria-current="step"' not in html(response)


def test_the_ranking_is_shown_to_its_end(client, collection):
    # Catches a ranking cut at one page, and a step that leads to a wrong page.
    names = [f"picture_{number:03d}" for number in range(130)]
    files = {
        "far_1_query.txt": "picture_000 1 1 9 9\n",
        "far_1_good.txt": f"{names[0]}\n{names[125]}\n",
        "far_1_ok.txt": "",
        "far_1_junk.txt": f"{names[3]}\n",
    }
    run = foreign(imported(files), {"far_1": names})
    pages = [page_of(client, run, "far_1", page=number) for number in (1, 2, 3)]
    assert [name for page in pages for name in NAME.findall(html(page))] == names
    places = [place for page in pages for *_rest, place in CARD.findall(html(page))]
    assert places == [str(place) for place in range(1, 131)]
    assert 'href="?page=3&amp;step=2#place-126"' in html(pages[0])
    assert "Places 121 to 130 of 130" in text(pages[2])
    assert NAME.findall(html(page_of(client, run, "far_1", page="x"))) == names[:60]
    assert NAME.findall(html(page_of(client, run, "far_1", page="99"))) == names[120:]
    # What is not in the collection has a name and no picture.
    assert "<img" not in "".join(re.findall(r'<ol class="thumbs.*?</ol>', html(pages[0]), re.S))
    assert "The query picture is not in the collection." in text(pages[0])


def test_positives_that_were_not_found_are_named(client, run):
    # Catches positives that vanish from the page although they lower the number.
    seen = text(page_of(client, run, "gate_1"))
    assert "1 positive is not in the ranking; it adds 0. gate_gone (good)" in seen


def test_a_topic_without_positives_has_no_ap(client, run):
    # Catches an AP of 0, or a division by it.
    response = page_of(client, run, "lamp_1")
    assert "No positives: not in the mean" in text(response)
    assert "Without positives there is no average precision." in text(response)
    assert "0.0000" not in text(response)
    chart = reverse("evaluation:anatomy_chart", args=[run.pk, topic(run, "lamp_1").position, "svg"])
    assert client.get(chart).status_code == 404


def test_a_topic_that_was_not_evaluated_says_why(client, run):
    # Catches an empty ranking that looks like a bad one.
    response = page_of(client, run, "tower_1")
    assert "Not evaluated: no query vector" in text(response)
    assert "tower_a is not in the collection" in text(response)
    assert CARD.findall(html(response)) == []
    assert 'id="anatomy"' not in html(response)


def test_topics_that_do_not_exist(client, run):
    # Catches a number that the database cannot hold.
    for position in ("4", "987654", "9" * 40):
        assert client.get(f"/evaluation/runs/{run.pk}/topics/{position}/").status_code == 404
        chart = f"/evaluation/runs/{run.pk}/topics/{position}/anatomy.svg"
        assert client.get(chart).status_code == 404


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_box_is_drawn_in_the_pixels_of_the_picture(client, pictures, language):
    # Catches decimal commas in a path, and a shade over a query that was the whole picture.
    box = {"door_1_query.txt": "door_a 4.5 4 40.25 40\n"}
    rows = imported(DOOR | box)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    cropped, whole = (page_of(client, evaluated(rows, crop=crop)) for crop in (True, False))
    for page in (cropped, whole):
        assert '<path class="box-over" d="M4.5,4H40.25V40H4.5Z">' in html(page)
        assert 'viewBox="0 0 64 48"' in html(page)
    assert 'class="box-shade"' in html(cropped)
    assert 'class="box-shade"' not in html(whole)


def test_numbers_are_written_the_readers_way(client, run):
    # Catches decimal points in a Vietnamese table.
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    rows = steps(page_of(client, run))
    assert rows[-1][8] == f"{STANDARD_AP:.4f}".replace(".", ",")


def test_names_are_text_and_nothing_else(client, collection):
    # Catches a name of a run file that becomes markup, in the page or in its scripts' data.
    evil = '<b>"x"</b>&amp;'
    files = {
        f"{evil}_1_query.txt": f"{evil}\n",
        f"{evil}_1_good.txt": f"{evil}\n",
        f"{evil}_1_ok.txt": "",
        f"{evil}_1_junk.txt": "",
    }
    run = foreign(imported(files), {f"{evil}_1": [evil]})
    response = page_of(client, run, f"{evil}_1", step=1)
    assert "<b>" not in html(response)
    assert f"Positive 1 of 1, {evil}: place 1" in text(response)
    assert "<b>" not in html(client.get(run.get_absolute_url()))


def test_the_order_of_a_page_costs_no_query_a_place(client, run, django_assert_max_num_queries):
    # Catches a query for each thumbnail.
    for number in range(30):
        add_image(run.benchmark.collection, f"later-{number}")
    ranked = [*ORDER, *(f"later-{number}" for number in range(30))]
    large = foreign(run.benchmark, {"door_1": ranked})
    with django_assert_max_num_queries(12):
        assert len(NAME.findall(html(page_of(client, large)))) == 39


def test_neighbouring_topics_are_linked(client, run):
    # Catches a link from the last topic to nowhere.
    first, last = page_of(client, run, "door_1"), page_of(client, run, "tower_1")
    assert f'rel="next" href="{topic(run, "gate_1").get_absolute_url()}"' in html(first)
    assert 'rel="prev"' not in html(first)
    assert f'rel="prev" href="{topic(run, "lamp_1").get_absolute_url()}"' in html(last)
    assert 'rel="next"' not in html(last)
