"""Decoding: every supported format and mode, orientation, and what must be refused."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, ImageOps
from PIL import Image as PillowImage

from catalog.pixels import PictureError, crop, decode, is_uniform
from tests.helpers import encoded, picture

# What the other EXIF orientations do to an upright picture, from the EXIF standard's table.
STORED_AS = {
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_90,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_270,
}


def pixels_of(content: bytes) -> np.ndarray:
    return np.asarray(decode(BytesIO(content)).pixels, dtype=int)


def difference(content: bytes, expected: PillowImage.Image) -> float:
    """Mean difference in levels; an error where the sizes differ."""
    found = pixels_of(content)
    wanted = np.asarray(expected.convert("RGB"), dtype=int)
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).mean())


def ramp(dtype: type, top: float) -> PillowImage.Image:
    """A grey ramp of 64 x 48 from 0 to `top`."""
    return PillowImage.fromarray((np.linspace(0, 1, 64 * 48).reshape(48, 64) * top).astype(dtype))


def png(header: bytes, *chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


EXAMPLES = {
    "jpeg": encoded(picture(1)),
    "progressive jpeg": encoded(picture(1), progressive=True),
    "cmyk jpeg": encoded(picture(1, mode="CMYK")),
    "mpo": encoded(picture(1), "MPO", save_all=True, append_images=[picture(2)]),
    "png": encoded(picture(1), "PNG"),
    "palette png": encoded(picture(1).quantize(16), "PNG", transparency=3),
    "1-bit png": encoded(picture(1, mode="1"), "PNG"),
    "16-bit png": encoded(ramp(np.uint16, 65535), "PNG"),
    "gif": encoded(picture(1), "GIF"),
    "animated gif": encoded(picture(1), "GIF", save_all=True, append_images=[picture(2)]),
    "webp": encoded(picture(1), "WEBP"),
    "bmp": encoded(picture(1), "BMP"),
    "tiff": encoded(picture(1), "TIFF"),
    "lzw tiff": encoded(picture(1), "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize(
    ("saved_as", "known_as"),
    [
        ("JPEG", "JPEG"),
        ("PNG", "PNG"),
        ("WEBP", "WEBP"),
        ("GIF", "GIF"),
        ("BMP", "BMP"),
        ("TIFF", "TIFF"),
        ("MPO", "JPEG"),
    ],
)
def test_every_format_comes_out_as_rgb_under_its_own_name(saved_as, known_as):
    """Catches a format that is not decoded, and phones' MPO pictures without a known format."""
    options = {"save_all": True, "append_images": [picture(9)]} if saved_as == "MPO" else {}
    content = encoded(picture(1), saved_as, **options)
    found = decode(BytesIO(content))
    assert (found.format, found.pixels.mode) == (known_as, "RGB")
    # A GIF has but 256 colours.
    assert difference(content, picture(1)) < (12 if saved_as == "GIF" else 4)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_greyscale_and_cmyk_jpeg_keep_their_colours(mode):
    """Catches inverted CMYK, and grey pictures that stay in one band."""
    original = picture(1, mode=mode)
    assert difference(encoded(original), original) < 4


def test_a_1_bit_picture_is_black_and_white():
    """Catches values 0 and 1 taken for levels of 255."""
    original = picture(1, mode="1")
    assert difference(encoded(original, "PNG"), original) == 0
    assert set(np.unique(pixels_of(encoded(original, "TIFF")))) == {0, 255}


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_alpha_is_laid_over_white(mode, format):
    """Catches black, or the hidden colour, where a picture is transparent."""
    image = picture(1, mode="RGB").convert(mode)
    alpha = PillowImage.new("L", image.size, 255)
    alpha.paste(0, (0, 0, 32, 48))
    image.putalpha(alpha)
    found = pixels_of(encoded(image, format))
    assert (found[:, :32] == 255).all()
    expected = np.asarray(image.convert("RGB"), dtype=int)
    assert (found[:, 32:] == expected[:, 32:]).all()


def test_a_half_transparent_pixel_is_half_white():
    """Catches alpha that is used as a yes-or-no mask."""
    found = pixels_of(encoded(PillowImage.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG"))
    assert np.abs(found - 127).max() <= 1


def test_a_transparent_palette_entry_is_white():
    """Catches palette transparency that `convert("RGB")` drops."""
    image = PillowImage.new("P", (4, 2), 0)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.paste(1, (0, 0, 2, 2))
    found = pixels_of(encoded(image, "PNG", transparency=1))
    assert (found[:, :2] == 255).all()
    assert (found[:, 2:] == [10, 20, 30]).all()


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_cut_off(format):
    """Catches Pillow's own conversion, which makes everything above 255 white."""
    found = pixels_of(encoded(ramp(np.uint16, 65535), format))
    expected = np.rint(np.linspace(0, 255, 64 * 48)).reshape(48, 64, 1)
    assert np.abs(found - expected).max() <= 1


def test_dark_16_bit_grey_stays_dark():
    """Catches stretching by a picture's own extremes where white is known."""
    assert pixels_of(encoded(ramp(np.uint16, 6554), "PNG")).max() in (25, 26)


def test_the_transparent_level_of_a_16_bit_png_is_white():
    """Catches the colour key of a deep picture, which scaling would lose."""
    image = PillowImage.fromarray(np.array([[1000, 40000]], dtype=np.uint16))
    found = pixels_of(encoded(image, "PNG", transparency=1000))
    assert found[0].tolist() == [[255] * 3, [156] * 3]


def test_16_bit_colour_keeps_its_high_bytes():
    """Catches a 48-bit PNG that is refused, or read byte by byte."""
    row = struct.pack(">HHH", 0xFF00, 0x8000, 0x0100)
    data = zlib.compress(b"".join(b"\0" + row * 4 for _line in range(4)))
    content = png(struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0), chunk(b"IDAT", data))
    assert np.abs(pixels_of(content) - [255, 128, 1]).max() <= 1


def test_float_tiff_has_white_at_one():
    """Catches floats cut to whole numbers: a picture of zeros."""
    found = pixels_of(encoded(ramp(np.float32, 1), "TIFF"))
    assert (found.min(), found.max()) == (0, 255)


def test_float_tiff_with_a_pixel_that_is_no_number_is_refused():
    """Catches NaN that would become an arbitrary level."""
    image = PillowImage.fromarray(np.full((4, 4), np.nan, dtype=np.float32))
    with pytest.raises(PictureError, match="NaN or infinite"):
        decode(BytesIO(encoded(image, "TIFF")))


def test_an_animated_gif_is_its_first_frame():
    """Catches the last frame, or a blend."""
    frames = [picture(seed).quantize(64) for seed in (1, 2, 3)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert difference(content, frames[0]) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pictures_come_out_upright(format, orientation):
    """Catches a wrong turn, and TIFF pictures turned twice (Pillow turns those itself)."""
    upright = picture(1, size=(64, 48))
    method = STORED_AS.get(orientation)
    stored = upright if method is None else upright.transpose(method)
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"tiffinfo": {274: orientation}} if format == "TIFF" else {"exif": exif}
    content = encoded(stored, format, **options)
    assert difference(content, upright) < 4
    # Nobody downstream may turn it again.
    pixels = decode(BytesIO(content)).pixels
    assert ImageOps.exif_transpose(pixels).size == upright.size


def test_an_odd_exif_tag_does_not_cost_a_whole_picture():
    """Catches Pillow's `exif_transpose`, which writes all tags anew and fails on this one."""
    # One directory of two tags: the width, which should be a number, given as text; orientation 6.
    entries = struct.pack("<HHI4s", 256, 2, 4, b"wide") + struct.pack("<HHII", 274, 3, 1, 6)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + b"\0\0\0\0"
    content = encoded(picture(1, size=(64, 48)), exif=exif)
    assert decode(BytesIO(content)).pixels.size == (48, 64)


@pytest.mark.parametrize(
    "content", [b"", b"plain text", b"<svg xmlns='x'/>", b"%PDF-1.4", b"\0" * 99]
)
def test_what_is_no_picture_is_refused(content):
    """Catches a crash, or another decoder of Pillow's being asked."""
    with pytest.raises(PictureError, match="not a picture"):
        decode(BytesIO(content))


def test_formats_outside_the_list_are_refused():
    """Catches foreign bytes reaching decoders that nobody promised (here: PPM and ICO)."""
    for format in ("PPM", "ICO"):
        with pytest.raises(PictureError, match="not a picture"):
            decode(BytesIO(encoded(picture(1), format)))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_cut_off_picture_is_refused_or_has_lost_no_pixel(kind):
    """Catches half-grey pictures: at whatever byte the file ends, pixels are all there or none."""
    content = EXAMPLES[kind]
    whole = pixels_of(content)
    refused = 0
    for length in range(len(content) - 1, 0, -max(1, len(content) // 150)):
        try:
            found = pixels_of(content[:length])
        except PictureError:
            refused += 1
        else:
            assert np.array_equal(found, whole), length
    assert refused > 50


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", EXAMPLES)
def test_damaged_bytes_never_raise_anything_else(kind):
    """Catches an exception of Pillow's that nobody foresaw: it would end a whole import."""
    random = np.random.default_rng(5)
    outcomes = set()
    for _attempt in range(150):
        content = bytearray(EXAMPLES[kind])
        for place in random.integers(0, min(len(content), 400), 4):
            content[place] = random.integers(256)
        try:
            decode(BytesIO(bytes(content)))
            outcomes.add("decoded")
        except PictureError:
            outcomes.add("refused")
    assert "refused" in outcomes


def test_a_decompression_bomb_is_refused_by_its_header():
    """Catches 10 GB being unpacked from 70 bytes."""
    content = png(struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0), chunk(b"IDAT", b""))
    with pytest.raises(PictureError, match="too large"):
        decode(BytesIO(content))


def test_the_limit_of_pixels_is_the_setting(settings):
    """Catches Pillow's factor of two, and a limit that refuses what is exactly allowed."""
    settings.SIS_MAX_PIXELS = 64 * 48
    assert decode(BytesIO(encoded(picture(1)))).pixels.size == (64, 48)
    settings.SIS_MAX_PIXELS = 64 * 48 - 1
    with pytest.raises(PictureError, match="64 × 48"):
        decode(BytesIO(encoded(picture(1))))


def test_pixels_outlive_their_file():
    """Catches lazily loaded pixels of a file that is closed by now."""
    with BytesIO(EXAMPLES["tiff"]) as file:
        pixels = decode(file).pixels
    assert pixels.resize((8, 8)).getextrema() != ((0, 0),) * 3


def test_crop_cuts_the_box_and_drops_what_lies_outside():
    """Catches swapped axes, and black borders where the box leaves the picture."""
    image = picture(1, size=(64, 48))
    assert crop(image, (10, 20, 30, 45)).tobytes() == image.crop((10, 20, 30, 45)).tobytes()
    assert crop(image, (-5.0, 40.2, 9.6, 99)).size == (10, 8)


@pytest.mark.parametrize(
    "box", [(10, 10, 10, 20), (30, 10, 20, 20), (64, 0, 80, 10), (float("nan"), 0, 5, 5)]
)
def test_crop_refuses_a_box_that_leaves_nothing(box):
    """Catches a picture of no pixels, or of the whole, instead of an error."""
    with pytest.raises(PictureError):
        crop(picture(1, size=(64, 48)), box)


def test_only_a_picture_that_shows_nothing_is_uniform():
    """Catches a threshold that takes a faint picture for an empty one."""
    assert is_uniform(PillowImage.new("RGB", (8, 8), (7, 8, 9)))
    faint = PillowImage.new("RGB", (8, 8), (7, 8, 9))
    faint.putpixel((3, 3), (7, 12, 9))
    assert not is_uniform(faint)
