"""Colours are converted to sRGB where a file says that its numbers mean others."""

import struct
import zlib
from io import BytesIO
from typing import cast

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageCms

from catalog.pixels import PictureError, decode
from catalog.pixels.colour import ADOBE_RGB, PRIMARIES, space_of
from tests.helpers import encoded, picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
DISPLAY_P3 = space_of(PRIMARIES[12], None)
ADOBE = space_of(ADOBE_RGB, 2.2)
STORED = (200, 100, 50)
# By the published matrices of both spaces (IEC 61966-2-1, SMPTE EG 432-1, Adobe RGB 1998).
FROM_P3, FROM_ADOBE = (215, 93, 31), (227, 100, 42)
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"]


def colour_of(content: bytes) -> tuple[int, ...]:
    return cast(tuple[int, ...], decode(BytesIO(content)).pixels.getpixel((3, 3)))


def near(found: tuple[int, ...], wanted: tuple[int, ...], levels: int = 2) -> bool:
    return all(abs(a - b) <= levels for a, b in zip(found, wanted, strict=True))


def one_colour(colour: tuple[int, ...] = STORED, mode: str = "RGB") -> PillowImage.Image:
    return PillowImage.new(mode, (16, 16), colour)


def with_chunk(content: bytes, name: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    check = struct.pack(">I", zlib.crc32(name + body))
    return content[:33] + struct.pack(">I", len(body)) + name + body + check + content[33:]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("profile", "seen"), [(DISPLAY_P3, FROM_P3), (ADOBE, FROM_ADOBE)])
def test_wide_gamut_profiles_are_converted(format, profile, seen):
    """Catches the pale pictures of telephones and cameras, whose profile is ignored."""
    content = encoded(one_colour(), format, icc_profile=profile, quality=100)
    assert near(colour_of(content), seen)


@pytest.mark.parametrize("profile", [SRGB, space_of(PRIMARIES[1], None), b"", b"no profile"])
def test_srgb_and_unreadable_profiles_leave_every_pixel_as_it_is(profile):
    """Catches a conversion from sRGB to sRGB, which moves levels and so vectors."""
    image = picture(5, size=(200, 150))
    content = encoded(image, "PNG", icc_profile=profile)
    assert decode(BytesIO(content)).pixels.tobytes() == image.tobytes()


def test_a_profile_of_another_kind_of_colours_is_ignored():
    """Catches a grey or CMYK profile applied to three bands: nonsense, or an error."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    content = encoded(one_colour(), "PNG", icc_profile=lab)
    assert colour_of(content) == STORED


def test_colours_are_converted_below_transparency_and_in_palettes():
    """Catches conversion after the white is laid below, and palettes left as they are."""
    clear = one_colour((*STORED, 255), "RGBA")
    clear.paste((0, 0, 0, 0), (8, 0, 16, 16))
    content = encoded(clear, "PNG", icc_profile=DISPLAY_P3)
    found = decode(BytesIO(content)).pixels
    assert near(found.getpixel((3, 3)), FROM_P3)
    assert found.getpixel((12, 3)) == (255, 255, 255)
    palette = encoded(one_colour().quantize(4), "PNG", icc_profile=DISPLAY_P3)
    assert near(colour_of(palette), FROM_P3)


def test_grey_with_the_gamma_of_1_point_8_is_converted():
    """Catches old Macintosh scans, too dark on every other machine."""
    profile = bytearray(space_of(PRIMARIES[1], 1.8))
    content = encoded(one_colour((100, 100, 100)), "PNG", icc_profile=bytes(profile))
    linear = (100 / 255) ** 1.8
    wanted = round(255 * (1.055 * linear ** (1 / 2.4) - 0.055))
    assert near(colour_of(content), (wanted,) * 3)


@pytest.mark.parametrize(
    ("gamma", "levels"), [(45455, 100), (45000, 100), (100000, None), (55556, None)]
)
def test_a_png_means_the_gamma_that_it_names(gamma, levels):
    """Catches linear renderings shown dark; and sRGB's own gamma taken for another."""
    plain = encoded(one_colour((100, 100, 100)), "PNG")
    found = colour_of(with_chunk(plain, b"gAMA", struct.pack(">I", gamma)))
    if levels is None:
        linear = (100 / 255) ** (100000 / gamma)
        levels = round(255 * (1.055 * linear ** (1 / 2.4) - 0.055))
    assert near(found, (levels,) * 3)


def test_png_chunks_in_their_order_of_precedence():
    """Catches gAMA obeyed where sRGB, a profile or cICP say otherwise."""
    plain = encoded(one_colour(), "PNG")
    gamma = struct.pack(">I", 100000)
    assert colour_of(with_chunk(with_chunk(plain, b"gAMA", gamma), b"sRGB", b"\0")) == STORED
    profiled = encoded(one_colour(), "PNG", icc_profile=DISPLAY_P3)
    assert near(colour_of(with_chunk(profiled, b"gAMA", gamma)), FROM_P3)
    coded = with_chunk(with_chunk(plain, b"gAMA", gamma), b"cICP", bytes([12, 13, 0, 1]))
    assert near(colour_of(coded), FROM_P3)


def test_png_primaries_without_a_profile():
    """Catches cHRM ignored: the colours of another screen."""
    points = [round(value * 100000) for value in PRIMARIES[12]]
    content = with_chunk(encoded(one_colour(), "PNG"), b"cHRM", struct.pack(">8I", *points))
    assert near(colour_of(content), FROM_P3)
    nonsense = with_chunk(encoded(one_colour(), "PNG"), b"cHRM", struct.pack(">8I", *[0] * 8))
    assert colour_of(nonsense) == STORED


def test_the_code_points_of_a_telephone_picture():
    """Catches HEIC without a profile but with wide primaries; and high dynamic range shown flat."""
    content = encoded(one_colour(), "HEIF", quality=100)
    place = content.index(b"nclx") + 4
    wide = content[:place] + struct.pack(">HH", 12, 13) + content[place + 4 :]
    assert near(colour_of(content), STORED)
    assert near(colour_of(wide), FROM_P3)
    bright = content[:place] + struct.pack(">HH", 9, 16) + content[place + 4 :]
    with pytest.raises(PictureError, match="high dynamic range"):
        decode(BytesIO(bright))


def test_adobe_rgb_by_the_mark_that_cameras_set():
    """Catches Adobe RGB photographs, which many cameras write without a profile."""
    # Three directories of one tag each: the first leads to EXIF's, that to interoperability's.
    first = struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    second = struct.pack("<HHHIII", 1, 0xA005, 4, 1, 44, 0)
    third = struct.pack("<HHHI4sI", 1, 1, 2, 4, b"R03\0", 0)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + first + second + third
    marked = encoded(one_colour(), exif=exif, quality=100, subsampling=0)
    assert near(colour_of(marked), FROM_ADOBE)


def test_a_bmp_with_a_profile_of_its_own():
    """Catches the profile of a version 5 header, which Pillow does not read."""
    pixels = encoded(one_colour(), "BMP")[54:]
    header = bytearray(124)
    struct.pack_into("<IiiHHII", header, 0, 124, 16, 16, 1, 24, 0, len(pixels))
    header[56:60] = b"DEBM"
    struct.pack_into("<II", header, 112, 124 + len(pixels), len(DISPLAY_P3))
    start = struct.pack("<2sIHHI", b"BM", 138 + len(pixels) + len(DISPLAY_P3), 0, 0, 138)
    assert near(colour_of(start + bytes(header) + pixels + DISPLAY_P3), FROM_P3)


def test_a_bmp_whose_alpha_is_zero_everywhere_is_opaque():
    """Catches a blank white picture made of bytes that its writer never thought of."""
    assert colour_of(bmp_of_32_bits([(*STORED, 0)] * 2)) == STORED
    found = decode(BytesIO(bmp_of_32_bits([(*STORED, 255), (1, 2, 3, 0)]))).pixels
    assert found.getpixel((3, 3)) == STORED
    assert found.getpixel((12, 3)) == (255, 255, 255)


def bmp_of_32_bits(halves: list[tuple[int, int, int, int]]) -> bytes:
    """A BMP (header of version 4) that declares alpha: 16 x 16, a left and a right half."""
    row = b"".join(bytes((b, g, r, a)) * 8 for r, g, b, a in halves)
    masks = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
    header = struct.pack("<IiiHHIIiiII4I", 108, 16, 16, 1, 32, 3, 1024, 0, 0, 0, 0, *masks)
    start = struct.pack("<2sIHHI", b"BM", 122 + 1024, 0, 0, 122)
    return start + header.ljust(108, b"\0") + row * 16


def test_conversion_agrees_with_the_matrices_over_the_whole_gamut():
    """Catches colorants that are adapted the wrong way round, right only near grey."""
    generator = np.random.default_rng(3)
    colours = generator.integers(60, 200, (16, 16, 3), dtype=np.uint8)
    content = encoded(PillowImage.fromarray(colours), "PNG", icc_profile=DISPLAY_P3)
    found = np.asarray(decode(BytesIO(content)).pixels, dtype=float)
    p3 = np.array([[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0, 0.04511, 1.04394]])
    srgb = np.array(
        [[0.41239, 0.35758, 0.18048], [0.21264, 0.71517, 0.07219], [0.01933, 0.11919, 0.95053]]
    )
    levels = colours / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ p3.T @ np.linalg.inv(srgb).T, 0, 1)
    wanted = 255 * np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    assert np.abs(found - wanted).max() <= 2
