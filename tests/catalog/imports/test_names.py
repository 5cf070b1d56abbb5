"""Names of images."""

import unicodedata

import pytest

from catalog.models import Image

from .files import counts, names, write

pytestmark = pytest.mark.django_db


def test_files_that_differ_only_in_extension_both_come_in(folder, committed):
    """Catches a unique name that costs the second picture."""
    write(folder / "a.jpg", 1)
    write(folder / "a.png", 2, "PNG")
    assert counts(committed(folder)) == (2, 0, 0, 0, 0)
    assert names() == ["a", "a.png"]
    assert Image.objects.get(name="a").source_name == "a.jpg"
    assert counts(committed(folder)) == (0, 0, 2, 0, 0)
    # One that comes later, and sorts first, takes no name away.
    write(folder / "a.bmp", 3, "BMP")
    committed(folder)
    assert names() == ["a", "a.bmp", "a.png"]


def test_names_are_composed_unicode(folder, committed):
    """Catches ground truth written on Linux that does not find a picture named on a Mac."""
    decomposed = unicodedata.normalize("NFD", "café")
    write(folder / f"{decomposed}.jpg", 1)
    committed(folder)
    image = Image.objects.get()
    assert image.name == "café"
    assert image.source_name == f"{decomposed}.jpg"
    # The same letters in other code points are another file.
    write(folder / "café.jpg", 2)
    write(folder / f"{decomposed}.png", 3, "PNG")
    write(folder / "café.png", 4, "PNG")
    committed(folder)
    assert names() == ["café", "café.jpg", "café.png", "café.png (2)"]
    assert counts(committed(folder)) == (0, 0, 4, 0, 0)
