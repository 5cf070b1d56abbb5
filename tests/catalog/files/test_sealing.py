"""Renditions carry the checksum of all their own bytes, and remain pictures."""

from io import BytesIO

import pytest
from PIL import Image as PillowImage

from catalog.files.sealing import is_whole, sealed
from catalog.files.thumbnails import CODINGS, SIZES, render
from tests.helpers import encoded, picture


@pytest.mark.parametrize("size", SIZES)
def test_every_byte_of_a_rendition_counts(size):
    # Catches a checksum that leaves a part out, and one that viewers choke on.
    data = render(encoded(picture(5)), SIZES[size], CODINGS[size])
    assert is_whole(data)
    with PillowImage.open(BytesIO(data)) as opened:
        opened.load()
    for place in range(0, len(data), 7):
        assert not is_whole(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert not is_whole(data[:-1])


@pytest.mark.parametrize("shape", [(1, 1), (320, 1), (1, 320), (317, 211)])
def test_a_sealed_webp_has_the_pixels_of_the_plain_one(shape):
    # Catches a canvas of another size, and a chunk that is cut off at an odd length.
    plain = encoded(picture(3, size=shape), "WEBP", quality=75)
    with PillowImage.open(BytesIO(plain)) as one, PillowImage.open(BytesIO(sealed(plain))) as other:
        assert one.size == other.size == shape
        assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()
