"""After an upgrade: pictures that are read otherwise lose their place in searches, no others."""

from io import BytesIO, StringIO

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image as PillowImage

from benchmarks import hostile
from catalog.feature_states import FeatureState
from catalog.jobs import ask_for_extraction
from catalog.models import Collection, Image, ImageVector
from catalog.pixels import READING, Limits, is_read_otherwise
from catalog.pixels.colour import PRIMARIES, space_of
from catalog.rereading import ids_of_earlier_readings, look_again
from catalog.vectors import encode
from tests.helpers import MODEL_ID, add_image, encoded, picture, unit_vectors
from tests.pages import use_stand_in

WIDE = space_of(PRIMARIES[12], None)
SRGB = space_of(PRIMARIES[1], None)
DEEP = np.linspace(0, 65535, 48 * 64).reshape(48, 64).astype("u2")
ALIKE = {
    "jpeg": encoded(picture(1)),
    "jpeg with srgb": encoded(picture(1), icc_profile=SRGB),
    "progressive jpeg": encoded(picture(1), progressive=True),
    "png": encoded(picture(1), "PNG"),
    "palette png": encoded(picture(1).quantize(8), "PNG"),
    "webp": encoded(picture(1), "WEBP"),
    "gif": encoded(picture(1), "GIF"),
    "bmp": encoded(picture(1), "BMP"),
    "tiff": encoded(picture(1), "TIFF"),
    "lzw tiff": encoded(picture(1), "TIFF", compression="tiff_lzw"),
    "1-bit tiff": encoded(picture(1, mode="1"), "TIFF", compression="group4"),
}
OTHERWISE = {
    "wide jpeg": encoded(picture(1), icc_profile=WIDE),
    "wide png": encoded(picture(1), "PNG", icc_profile=WIDE),
    "wide webp": encoded(picture(1), "WEBP", icc_profile=WIDE),
    "wide tiff": encoded(picture(1), "TIFF", icc_profile=WIDE),
    "16-bit tiff": hostile.tiff(DEEP, photometric="miniswhite"),
    "float tiff": hostile.tiff((DEEP / 65535).astype("f4")),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_ordinary_pictures_are_read_as_before(kind):
    """Catches an upgrade after which every picture has to be extracted again."""
    assert not is_read_otherwise(BytesIO(ALIKE[kind]), Limits(10**8))


@pytest.mark.parametrize("kind", OTHERWISE)
def test_pictures_with_other_pixels_are_told(kind):
    """Catches vectors of wrong colours, or of a thumbnail, that stay in every ranking."""
    assert is_read_otherwise(BytesIO(OTHERWISE[kind]), Limits(10**8))


def test_a_blank_bmp_is_told():
    """Catches pictures that came in white."""
    assert is_read_otherwise(BytesIO(blank_bmp()), Limits(10**8))


def blank_bmp() -> bytes:
    from tests.catalog.pixels.test_colour import bmp_of_32_bits

    return bmp_of_32_bits([(200, 100, 50, 0), (1, 2, 3, 0)])


@pytest.fixture
def upgraded(media):
    """Two images of an earlier release with two vectors each: one is read otherwise now."""
    collection = Collection.objects.create(slug="old")
    images = []
    for name, content in (("alike", ALIKE["jpeg"]), ("wide", OTHERWISE["wide jpeg"])):
        image = add_image(collection, name, vector=unit_vectors(1)[0])
        image.file.save(f"{name}.jpg", ContentFile(content))
        data = encode(unit_vectors(1, dim=8)[0], 8)
        ImageVector.objects.create(image=image, descriptor="x", model_id="x/1", data=data)
        images.append(image)
    Image.objects.update(reading=1)
    return images


@pytest.mark.django_db
def test_other_pixels_make_every_vector_outdated(upgraded):
    """Catches vectors of a second descriptor that stay current, and unlike ones that do not."""
    assert look_again(ids=ids_of_earlier_readings(Image.objects.all())) == 1
    alike, wide = Image.objects.order_by("name")
    assert (alike.fc6_model_id, wide.fc6_model_id) == (MODEL_ID, f"{MODEL_ID} (other pixels since)")
    states = Image.objects.with_features("fc6", MODEL_ID).order_by("name")
    assert [image.features for image in states] == [FeatureState.CURRENT, FeatureState.OUTDATED]
    current = ImageVector.objects.filter(model_id="x/1")
    assert list(current.values_list("image__name", flat=True)) == ["alike"]
    assert ids_of_earlier_readings(Image.objects.all()) == []


@pytest.mark.django_db
def test_a_file_that_cannot_be_had_is_looked_at_another_time(upgraded):
    """Catches a bucket that is away for a minute, and all its pictures outdated."""
    image = Image.objects.get(name="wide")
    image.file.storage.delete(image.file.name)
    assert look_again(ids=ids_of_earlier_readings(Image.objects.all())) == 0
    assert ids_of_earlier_readings(Image.objects.all()) == [image.pk]


@pytest.mark.django_db
def test_an_interrupted_look_goes_on_later(upgraded):
    """Catches rows that are marked as looked at and were not."""
    ids = ids_of_earlier_readings(Image.objects.all())
    assert look_again(ids=ids, should_stop=lambda: True) == 0
    assert ids_of_earlier_readings(Image.objects.all()) == ids


@pytest.mark.django_db
def test_extraction_looks_first_and_mends_what_it_finds(upgraded, monkeypatch):
    """Catches an upgrade that nobody is told of."""
    use_stand_in(monkeypatch)
    out = StringIO()
    call_command("extract_features", stdout=out, stderr=StringIO())
    assert "1 picture is read otherwise than by an earlier release" in out.getvalue()
    assert "1 extracted" in out.getvalue()
    assert set(Image.objects.values_list("fc6_model_id", "reading")) == {(MODEL_ID, READING)}


@pytest.mark.django_db
def test_extraction_from_the_admin_looks_too(upgraded, monkeypatch):
    """Catches tasks that pass over what the command would have found."""
    use_stand_in(monkeypatch)
    result = next(ask_for_extraction([image.pk for image in upgraded]))
    assert result.outcome["extracted"] == 1


@pytest.mark.django_db
def test_what_is_imported_now_needs_no_second_look(tmp_path, media):
    """Catches every new picture being looked at again before its first extraction."""
    PillowImage.new("RGB", (8, 8)).save(tmp_path / "a.png")
    call_command("import_images", str(tmp_path), collection="new", verbosity=0)
    assert list(Image.objects.values_list("reading", flat=True)) == [READING]
