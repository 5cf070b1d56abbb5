"""Local features in the catalogue: extracted by the same command, kept beside vectors."""

import json

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as PillowImage

from catalog.descriptors import get_descriptor
from catalog.descriptors.local.registry import get_local
from catalog.feature_states import FeatureCounts
from catalog.jobs import ask_for_extraction
from catalog.models import Image, ImageVector, VectorChange
from catalog.vectorstore import vectors_of
from tests.scenes import scene
from tests.search.proven import store

pytestmark = pytest.mark.django_db
NAME = "rootsift"


@pytest.fixture
def images(collection):
    flat = PillowImage.new("RGB", (120, 90), (9, 9, 9))
    return [store(collection, "full", scene(1)), store(collection, "flat", flat)]


def extract(**options) -> None:
    call_command("extract_features", descriptor=[NAME], **options)


def counts() -> FeatureCounts:
    return Image.objects.all().feature_counts(NAME, get_local().model_id)


def test_the_command_extracts_and_a_second_run_finds_nothing_to_do(images, capsys):
    extract()
    assert "2 extracted, 0 failed" in capsys.readouterr().out
    extract()
    assert "0 extracted" in capsys.readouterr().out


def test_a_picture_without_features_is_current_and_no_error(images):
    # Catches a flat picture that is tried again at every run.
    extract(verbosity=0)
    assert counts() == FeatureCounts(current=2, outdated=0, failed=0, missing=0)
    local = get_local()
    found = {pk: local.decode(d) for _c, pk, d in vectors_of(NAME).stream(local.model_id)}
    assert [len(found[image.pk]) > 0 for image in images] == [True, False]
    assert found[images[1].pk].size == (120, 90)


def test_a_picture_that_is_gone_fails_alone(images):
    images[0].file.storage.delete(images[0].file.name)
    with pytest.raises(CommandError, match="failed"):
        extract(verbosity=0)
    assert counts() == FeatureCounts(current=1, outdated=0, failed=1, missing=0)


def test_other_settings_make_them_outdated(images, settings):
    extract(verbosity=0)
    backend = settings.SIS_LOCAL_DESCRIPTORS[NAME]
    settings.SIS_LOCAL_DESCRIPTORS = {
        NAME: {"BACKEND": backend, "OPTIONS": {"features": 80}},
    }
    assert counts().outdated == 2
    extract(verbosity=0)
    assert counts().current == 2
    local = get_local()
    assert (
        max(len(local.decode(data)) for _c, _pk, data in vectors_of(NAME).stream(local.model_id))
        == 80
    )


def test_together_with_vectors(images, capsys):
    call_command("extract_features", descriptor=["colour-layout", NAME])
    said = capsys.readouterr().out
    assert said.count("2 extracted") == 2
    model_id = get_descriptor("colour-layout").model_id
    assert vectors_of("colour-layout").count(model_id) == 2


def test_the_task_extracts_them(images):
    result = next(ask_for_extraction([image.pk for image in images], NAME))
    assert result.outcome["extracted"] == 2
    json.dumps(result.outcome)


def test_changes_are_recorded_for_whoever_follows(images):
    extract(verbosity=0)
    changed = VectorChange.objects.filter(descriptor=NAME)
    assert set(changed.values_list("image_id", flat=True)) == {image.pk for image in images}


def test_a_feature_takes_what_is_promised(images):
    extract(verbosity=0)
    stored = ImageVector.objects.defer(None).get(image=images[0], descriptor=NAME).data
    number = len(get_local().decode(stored))
    assert len(stored) <= 140 * number
