"""Long work as somebody sees it: started once however often one clicks, followed, cancelled."""

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

from catalog.models import Image
from search.duplicates.jobs import keep
from search.duplicates.pairs import NearestPairs
from search.duplicates.scanning import Scan
from search.models import DuplicateScan
from tests.browser.test_journeys import click, find, wait
from tests.evaluation.landmarks import FILES, add_pictures, imported
from tests.search.proven import COLOURS
from work.models import Job, State


@pytest.fixture
def curator(open_browser, site, settings):
    """A browser in which somebody who may do everything is signed in; work is done by nobody."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    client = Client()
    client.force_login(User.objects.create_superuser("curator"))
    browser = open_browser()
    browser.get(f"{site}/robots.txt")
    session = client.cookies["sessionid"].value
    browser.add_cookie({"name": "sessionid", "value": session, "path": "/"})
    return browser


def test_a_double_click_starts_one_evaluation(curator, site, collection):
    # Catches two runs of a person who clicks twice, as many do.
    add_pictures(collection)
    imported(FILES)
    curator.get(f"{site}/evaluation/")
    button = find(curator, ".start-form button[type=submit]")
    ActionChains(curator).double_click(button).perform()
    wait(curator, lambda: "/work/" in curator.current_url)
    assert Job.objects.count() == 1
    assert "Evaluation of" in find(curator, "h1").text
    # And again, from the same page, as after going back.
    curator.get(f"{site}/evaluation/")
    assert "In progress:" in find(curator, "main").text
    curator.execute_script("document.querySelector('.start-form').requestSubmit()")
    wait(curator, lambda: "/work/" in curator.current_url)
    assert Job.objects.count() == 1


def test_work_is_cancelled_by_its_button_and_can_be_continued(curator, site, collection):
    # Catches a button that htmx takes away while one is about to press it.
    add_pictures(collection)
    imported(FILES)
    curator.get(f"{site}/evaluation/")
    click(curator, ".start-form button[type=submit]")
    wait(curator, lambda: "/work/" in curator.current_url)
    Job.objects.update(state=State.RUNNING, step="Pictures", done=1, total=4)
    wait(curator, lambda: "1 of 4" in find(curator, ".progress-panel").text)
    click(curator, ".progress-panel form button")
    wait(curator, lambda: "being cancelled" in find(curator, "main").text)
    assert Job.objects.get().cancel_asked_at is not None
    Job.objects.update(state=State.CANCELLED)
    wait(curator, lambda: "Cancelled" in find(curator, "main").text)
    click(curator, ".actions form button")
    wait(curator, lambda: Job.objects.under_way().count() == 1)


def test_duplicates_are_ticked_confirmed_and_gone(curator, site, collection):
    images = list(Image.objects.order_by("pk"))
    ids = np.array([[images[0].pk, images[1].pk], [images[2].pk, images[3].pk]])
    pairs = NearestPairs(9, ids, np.array([0.01, 0.02], np.float32))
    keep(collection=collection, recipe=COLOURS, found=Scan(1.0, pairs, compared=len(images)))
    assert DuplicateScan.objects.exists()
    curator.get(f"{site}/images/?collection=places")
    curator.find_element(By.LINK_TEXT, "Duplicates").click()
    wait(curator, lambda: "2 groups of 4 pictures" in find(curator, "main").text)
    curator.find_element(By.LINK_TEXT, "Tick all but the largest of each group").click()
    wait(curator, lambda: "smaller" in curator.current_url)
    click(curator, "main form[action$='delete/'] button[type=submit]")
    wait(curator, lambda: "2 pictures will be deleted" in find(curator, "main").text)
    assert Image.objects.count() == len(images)
    click(curator, ".button-danger")
    wait(curator, lambda: "Deleted 2 pictures." in find(curator, "main").text)
    assert Image.objects.count() == len(images) - 2
    assert "No two pictures are that near." in find(curator, "main").text
