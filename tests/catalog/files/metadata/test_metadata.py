"""What is served of a picture's file: the same picture, and nothing about it."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageOps, ImageSequence

from catalog.files.metadata import NotUnderstood, can_filter, length, read, without_metadata
from tests.catalog.files.metadata.secretive import (
    PROFILE,
    SECRET,
    bmp,
    exif,
    gif,
    jpeg,
    opened,
    png,
    segment,
    webp,
)
from tests.helpers import encoded, picture

FILES = {
    "JPEG": jpeg(),
    "JPEG, progressive": jpeg(progressive=True),
    "JPEG, grey": jpeg(mode="L"),
    "JPEG, CMYK with Adobe's marker": jpeg(mode="CMYK"),
    "JPEG, restart markers": jpeg(restart_marker_rows=1),
    "JPEG, RGB without conversion": jpeg(keep_rgb=True),
    "PNG": png(),
    "PNG, transparent": png(mode="RGBA"),
    "PNG, palette": png(mode="P", transparency=3),
    "WebP": webp(),
    "WebP, lossless": webp(lossless=True),
    "WebP, animated": webp(frames=3),
    "GIF, animated": gif(),
    "BMP": bmp(),
}


def format_of(content: bytes) -> str:
    """The format as an import records it: a JPEG with more pictures behind it is a JPEG."""
    return {"MPO": "JPEG"}.get(str(opened(content).format), str(opened(content).format))


def served(content: bytes) -> bytes:
    file = BytesIO(content)
    parts = without_metadata(file, format_of(content))
    made = b"".join(read(file, parts))
    assert len(made) == length(parts)
    return made


def frames(content: bytes) -> list[np.ndarray]:
    return [np.asarray(frame.copy()) for frame in ImageSequence.Iterator(opened(content))]


@pytest.mark.parametrize("kind", FILES)
def test_nothing_about_the_picture_is_left(kind):
    # Catches a place, a name, a thumbnail or a second picture that goes out with the first.
    content = FILES[kind]
    assert SECRET in content
    made = served(content)
    assert SECRET not in made
    for word in (b"XMP", b"xap", b"MPF", b"JFXX", b"8BIM", b"GPS", b"tEXt", b"Motion", b"PRIV"):
        assert word not in made, word
    assert set(dict(opened(made).getexif())) <= {0x0112}
    assert not opened(made).getexif().get_ifd(0x8825)
    assert served(made) == made


@pytest.mark.parametrize("kind", FILES)
def test_the_picture_is_the_same(kind):
    # Catches a file that decodes otherwise: without Adobe's marker, a palette, a frame.
    content = FILES[kind]
    before, after = opened(content), opened(served(content))
    assert (after.mode, after.size) == (before.mode, before.size)
    assert after.info.get("icc_profile") == before.info.get("icc_profile")
    for key in ("dpi", "duration", "loop", "transparency"):
        assert after.info.get(key) == before.info.get(key), key
    if before.format == "MPO":  # the first of its pictures is the picture
        pairs = [(np.asarray(before), np.asarray(after))]
    else:
        pairs = list(zip(frames(content), frames(served(content)), strict=True))
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("make", [jpeg, png, webp])
@pytest.mark.parametrize("turned", range(1, 9))
def test_it_is_shown_upright(make, turned):
    # Catches a picture that lies on its side without its Exif block.
    content = make(turned)
    made = served(content)
    assert opened(made).getexif().get(0x0112, 1) == turned
    before, after = (ImageOps.exif_transpose(opened(data)) for data in (content, made))
    assert np.array_equal(np.asarray(before), np.asarray(after))
    assert opened(made).info["icc_profile"] == PROFILE


@pytest.mark.parametrize("order", ["little", "big"])
def test_orientations_of_both_byte_orders_are_read(order):
    # Catches Exif of one make of camera only.
    mark, short = (b"II*\x00", "little") if order == "little" else (b"MM\x00*", "big")
    numbers = ((0x0112, 2), (3, 2), (1, 4), (8, 2), (0, 2))
    entry = b"".join(number.to_bytes(size, short) for number, size in numbers)
    block = mark + (8).to_bytes(4, short) + (1).to_bytes(2, short) + entry + bytes(4)
    plain = encoded(picture(1))
    made = served(plain[:2] + segment(0xE1, b"Exif\x00\x00" + block) + plain[2:])
    assert opened(made).getexif()[0x0112] == 8


def test_an_orientation_that_only_xmp_has_is_kept():
    # Catches pages that show a picture upright and its original on its side.
    plain = encoded(picture(1))
    xmp = b"http://ns.adobe.com/xap/1.0/\x00" + b'<x tiff:Orientation="6"/>'
    made = served(plain[:20] + segment(0xE1, xmp) + plain[20:])
    assert opened(made).getexif()[0x0112] == 6
    assert b"tiff" not in made


def test_an_ordinary_file_stays_as_it_is():
    # Catches a rewriting that nobody asked for.
    for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        content = encoded(picture(2), format)
        assert served(content) == content


@pytest.mark.parametrize("format", ["TIFF", "HEIC", "AVIF", "nonsense"])
def test_formats_that_cannot_be_filtered_say_so(format):
    # Catches a file that goes out as it is because nobody knows how to read it.
    assert not can_filter(format)
    with pytest.raises(NotUnderstood):
        without_metadata(BytesIO(encoded(picture(1), "TIFF")), format)


@pytest.mark.parametrize("kind", FILES)
def test_a_cut_file_is_refused_or_harmless(kind):
    # Catches a walk that never ends, an error that is no answer, and a secret in the rest.
    content = FILES[kind]
    format = format_of(content)
    for share in range(1, 12):
        cut = content[: len(content) * share // 12]
        try:
            parts = without_metadata(BytesIO(cut), format)
        except NotUnderstood:
            continue
        assert SECRET not in b"".join(read(BytesIO(cut), parts))


@given(st.data())
def test_damaged_files_raise_nothing_else(data):
    # Catches an error page for whoever asks for a damaged file.
    whole = FILES[data.draw(st.sampled_from(sorted(FILES)))]
    content, format = bytearray(whole), format_of(whole)
    for _change in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, min(len(content) - 1, 900)))] = data.draw(
            st.integers(0, 255)
        )
    file = BytesIO(bytes(content))
    try:
        parts = without_metadata(file, format)
    except NotUnderstood:
        return
    assert sum(map(len, read(file, parts))) == length(parts)


def test_many_bytes_are_read_in_small_pieces():
    # Catches a file of 100 MB that is held in memory for each visitor.
    noise = np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    content = encoded(PillowImage.fromarray(noise), quality=95, exif=exif(3))
    largest = 0

    class Watched(BytesIO):
        def read(self, size=-1):
            nonlocal largest
            assert size >= 0
            largest = max(largest, size)
            return super().read(size)

    file = Watched(content)
    pieces = list(read(file, without_metadata(file, "JPEG")))
    assert len(content) > 2_000_000
    assert max(map(len, pieces)) <= 65536
    assert largest <= 65536
    assert np.array_equal(np.asarray(opened(b"".join(pieces))), np.asarray(opened(content)))
