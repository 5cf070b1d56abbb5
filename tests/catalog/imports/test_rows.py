"""What a row holds, whatever the picture's format."""

import hashlib
import os

import pytest

from catalog.models import Image
from tests.helpers import picture

from .files import counts, write

pytestmark = pytest.mark.django_db


def test_a_row_has_every_fact_of_its_file(folder, committed):
    """Catches a fact that is missing, of the wrong file, or in the wrong unit."""
    content = write(folder / "towers" / "magdalen.1.jpg", 3)
    os.utime(folder / "towers" / "magdalen.1.jpg", (1_600_000_000, 1_600_000_000))
    report = committed(folder)
    assert (report.total, counts(report)) == (1, (1, 0, 0, 0, 0))
    image = Image.objects.get()
    assert image.collection.slug == "places"
    assert (image.name, image.source_name) == ("towers/magdalen.1", "towers/magdalen.1.jpg")
    assert (image.format, image.width, image.height) == ("JPEG", 64, 48)
    assert image.byte_size == len(content)
    assert image.sha256 == hashlib.sha256(content).hexdigest()
    assert image.source_modified.timestamp() == 1_600_000_000
    assert image.file.name == f"images/places/{image.sha256[:2]}/{image.sha256}.jpg"
    assert image.file.read() == content
    assert (image.external, image.fc6, image.fc6_error) == (False, None, "")


def test_width_and_height_are_those_of_the_upright_picture(folder, committed):
    """Catches boxes that would be drawn in another frame than the page shows."""
    exif = picture().getexif()
    exif[274] = 6
    write(folder / "phone.jpg", exif=exif)
    committed(folder)
    assert (Image.objects.get().width, Image.objects.get().height) == (48, 64)


@pytest.mark.parametrize(
    ("format", "extension"),
    [
        ("JPEG", ".jpg"),
        ("PNG", ".png"),
        ("WEBP", ".webp"),
        ("GIF", ".gif"),
        ("BMP", ".bmp"),
        ("TIFF", ".tif"),
    ],
)
def test_the_format_is_the_content_s_and_not_the_extension_s(folder, committed, format, extension):
    """Catches a PNG called .jpg that is served as a JPEG, and any format left out."""
    write(folder / "misnamed.xyz", 1, format)
    committed(folder)
    image = Image.objects.get()
    assert image.format == format
    assert image.file.name.endswith(extension)
