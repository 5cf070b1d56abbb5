"""Why a hit: the map is made by a job, kept, and shown to everybody."""

from io import BytesIO

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from PIL import Image as PillowImage

from catalog.describing import stored_pixels
from catalog.descriptors import DescriptorError, get_descriptor
from catalog.extraction import extract_features
from catalog.models import Image
from search.occlusion.jobs import latest_job, map_of
from search.occlusion.measuring import OcclusionInterrupted, occlusion_map
from search.queries import create_query
from search.recipes import get_recipe
from tests.helpers import encoded
from tests.pages import html, text
from tests.scenes import scene
from tests.search.proven import COLOURS, store
from work.models import Job, State
from work.running import run_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(collection, settings, tmp_path) -> tuple[Image, Image]:
    """A red square on grey, left above; and the same with a green one, right below."""
    settings.MEDIA_ROOT = tmp_path
    one = PillowImage.new("RGB", (160, 120), (128, 128, 128))
    one.paste((255, 0, 0), (0, 0, 40, 30))
    two = one.copy()
    two.paste((0, 255, 0), (120, 90, 160, 120))
    images = store(collection, "one", one), store(collection, "two", two)
    extract_features(ids=[image.pk for image in images], descriptor=get_descriptor(COLOURS))
    return images


@pytest.fixture
def curator(client):
    user = User.objects.create_user("lan")
    user.user_permissions.add(Permission.objects.get(codename="add_job"))
    client.force_login(user)
    return client


def address(pair, recipe=COLOURS) -> str:
    return f"/images/{pair[0].pk}/why/{pair[1].pk}/?recipe={recipe}"


def test_what_both_have_matters_and_what_only_the_hit_has_does_not(pair):
    recipe = get_recipe(COLOURS)
    descriptor = get_descriptor(COLOURS)
    one, two = (stored_pixels(file=im.file.name, storage=im.file.storage) for im in pair)
    query = {COLOURS: descriptor.describe_one(descriptor.prepare(one))}
    steps = []
    found = occlusion_map(
        query=query, picture=two, recipe=recipe, on_progress=lambda *step: steps.append(step)
    )
    assert np.unravel_index(found.cells.argmax(), found.cells.shape)[0] < 2
    assert found.cells[0, 0] > 0 > found.cells[-1, -1]
    assert found.lowest < found.similarity < 1
    assert steps[-1] == (50, 50)
    with pytest.raises(OcclusionInterrupted):
        occlusion_map(query=query, picture=two, recipe=recipe, should_stop=lambda: True)


def test_who_may_has_it_made_and_everybody_sees_it(curator, client, pair):
    page = curator.get(address(pair))
    assert "Show what matters" in text(page)
    assert page["Cache-Control"] == "no-store"
    page = curator.post(address(pair), follow=True)
    assert html(page).count('class="why-cell"') > 0
    curator.logout()
    page = curator.get(address(pair))
    assert html(page).count('class="why-cell"') > 0
    assert "without the most important one" in text(page)


def test_nobody_else_starts_any(client, pair):
    answer = client.post(address(pair))
    assert answer.url.startswith("/login/?next=")
    assert "sign in" in text(client.get(address(pair)))
    client.force_login(User.objects.create_user("minh"))
    assert client.post(address(pair)).status_code == 403
    assert "Show what matters" not in text(client.get(address(pair)))
    assert not Job.objects.exists()


def test_while_it_is_made_the_page_says_how_far_it_is(curator, pair, settings):
    # Catches a page that has to be reloaded by hand, and a second click that starts a second one.
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    for _click in range(2):
        page = curator.post(address(pair), follow=True)
    job = Job.objects.get()
    assert '<meta http-equiv="refresh"' in html(page)
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.result_address == address(pair)
    assert map_of(job).similarity < 1
    assert "refresh" not in html(curator.get(address(pair)))


def test_a_picture_that_was_replaced_is_asked_about_anew(curator, pair):
    curator.post(address(pair))
    recipe = get_recipe(COLOURS)
    assert latest_job(*pair, recipe).state == State.DONE
    Image.objects.filter(pk=pair[1].pk).update(sha256="0" * 64)
    pair[1].refresh_from_db()
    assert latest_job(*pair, recipe) is None


def test_a_picture_whose_file_is_gone_is_said(curator, pair):
    pair[1].file.storage.delete(pair[1].file.name)
    page = curator.post(address(pair), follow=True)
    assert "is missing from the storage" in text(page)


def test_of_an_uploaded_picture_too(curator, pair):
    file = BytesIO(encoded(scene(3), "PNG"))
    query = create_query(file=file, recipe=get_recipe(COLOURS))
    place = f"/search/{query.pk}/why/{pair[1].pk}/?recipe={COLOURS}"
    assert html(curator.post(place, follow=True)).count("why-pair") == 1
    assert Job.objects.get().state == State.DONE


def test_hits_lead_there_and_what_cannot_be_explained_is_not_found(client, pair):
    page = html(client.get(f"/images/{pair[0].pk}/similar/?recipe={COLOURS}"))
    assert f'href="/images/{pair[0].pk}/why/{pair[1].pk}/?recipe={COLOURS}"' in page
    assert client.get(address(pair, "nonsense")).status_code == 404
    assert client.get(f"/images/{pair[0].pk}/why/987654/").status_code == 404


def test_where_nothing_matters_it_is_said(curator, pair):
    # Catches an empty drawing that looks like a fault.
    curator.post(address(pair))
    job = Job.objects.get()
    job.outcome["cells"] = [[-0.1] * 8] * 8
    job.save()
    page = curator.get(address(pair))
    assert "No part matters by itself" in text(page)
    assert "why-cell" not in html(page)


def test_a_ranking_without_its_weights_cannot_be_explained(curator, pair, monkeypatch):
    def refuse(*_args):
        raise DescriptorError("Put the weights there.")

    monkeypatch.setattr(type(get_descriptor(COLOURS)), "model_id", property(refuse))
    assert curator.get(address(pair)).status_code == 404


def test_a_picture_that_is_deleted_before_its_turn_is_said(curator, pair, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    curator.post(address(pair))
    job = Job.objects.get()
    Image.objects.filter(pk=pair[0].pk).delete()
    run_job(pk=job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED and "deleted meanwhile" in job.error
