"""TIFF: every depth, kind, meaning and layout of samples is read right, or refused by name."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImage

from catalog.pixels import Fault, PictureError, decode
from tests.helpers import encoded, picture

from . import tiffs

HEIGHT, WIDTH = 24, 32
GREY = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
RGB = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)
DEPTHS = ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"]


def tiff(samples: np.ndarray, **options) -> bytes:
    buffer = BytesIO()
    tifffile.imwrite(buffer, samples, metadata=None, **options)
    return buffer.getvalue()


def as_samples(values: np.ndarray, dtype: str) -> np.ndarray:
    """Values of [0, 1] over the whole range of a type."""
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    info = np.iinfo(dtype)
    levels = info.min + values * (float(info.max) - info.min)
    return np.rint(levels).clip(info.min, info.max).astype(dtype)


def assert_shows(content: bytes, values: np.ndarray, *, tolerance: int = 1) -> None:
    """The file's pixels are `values` of [0, 1], grey (H, W) or RGB (H, W, 3)."""
    found = np.asarray(decode(BytesIO(content)).pixels, dtype=int)
    wanted = np.rint(values * 255).astype(int)
    wanted = wanted if wanted.ndim == 3 else np.repeat(wanted[..., None], 3, axis=-1)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= tolerance


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", DEPTHS)
def test_every_type_of_sample_in_every_layout(dtype, compression, tile, byteorder):
    """Catches negatives, scrambled planes, black pictures of few bits, and swapped bytes."""
    layout = {"byteorder": byteorder, "compression": compression, "tile": tile}
    grey, rgb = as_samples(GREY, dtype), as_samples(RGB, dtype)
    assert_shows(tiff(grey, photometric="minisblack", **layout), GREY)
    assert_shows(tiff(grey, photometric="miniswhite", **layout), 1 - GREY)
    assert_shows(tiff(rgb, photometric="rgb", **layout), RGB)
    planes = np.moveaxis(rgb, -1, 0)
    assert_shows(tiff(planes, photometric="rgb", planarconfig="separate", **layout), RGB)
    if compression and np.dtype(dtype).kind != "f":
        assert_shows(tiff(rgb, photometric="rgb", predictor=True, **layout), RGB)


@pytest.mark.parametrize("codec", [tiffs.LZW, tiffs.PACKBITS], ids=["lzw", "packbits"])
@pytest.mark.parametrize("dtype", DEPTHS)
def test_the_codecs_of_libtiff_at_any_depth(dtype, codec):
    """Catches samples of many bytes decompressed as if they were pixels of 8 bits."""
    grey, rgb = as_samples(GREY, dtype), as_samples(RGB, dtype)
    assert_shows(tiffs.page(grey, codec=codec, photometric=0), 1 - GREY)
    assert_shows(tiffs.page(rgb, codec=codec, photometric=2), RGB)
    assert_shows(tiffs.page(rgb, codec=codec, photometric=2, separate=True), RGB)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_floating_point_predictor(dtype):
    """Catches floats whose bytes lie sorted by significance read as if they did not."""
    size, values = np.dtype(dtype).itemsize, RGB.astype(dtype)
    table = values.astype(f">f{size}").view(np.uint8).reshape(HEIGHT, WIDTH * 3, size)
    planes = table.transpose(0, 2, 1).reshape(HEIGHT, -1, 3).astype(int)
    rows = np.diff(planes, axis=1, prepend=0) % 256
    sorted_bytes = rows.astype(np.uint8).tobytes()
    codec = (8, lambda _raw: zlib.compress(sorted_bytes))
    assert_shows(tiffs.page(values, codec=codec, photometric=2, _317=3), RGB)


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bits", [1, 2, 4, 6, 9, 10, 12, 14, 24])
def test_depths_that_fill_no_byte(bits, photometric):
    """Catches 12 bits read as 16: a black picture."""
    white = 2**bits - 1
    levels = np.rint(GREY * white).astype("u4")
    each = levels[..., None] >> np.arange(bits)[::-1] & 1
    rows = np.packbits(each.reshape(HEIGHT, -1).astype(np.uint8), axis=1)
    tags = {256: WIDTH, 257: HEIGHT, 258: bits, 259: 1, 262: photometric, 277: 1, 278: HEIGHT}
    content = tiffs.assembled([rows.tobytes()], tags)
    assert_shows(content, levels / white if photometric else 1 - levels / white)


@pytest.mark.parametrize(
    ("samples", "tags"),
    [
        (np.rint(GREY * 4095).astype("u2"), [(281, 3, 1, 4095, True)]),
        (np.rint(GREY * 500 + 100).astype("u2"), [(340, 3, 1, 100, True), (341, 3, 1, 600, True)]),
        (
            (GREY * 1000 - 500).astype("f4") * 0.5,
            [(340, 11, 1, -250.0, True), (341, 11, 1, 250.0, True)],
        ),
        (np.rint(GREY * 200 - 100).astype("i2"), [(340, 8, 1, -100, True), (341, 8, 1, 100, True)]),
    ],
)
def test_the_range_that_a_file_declares_is_black_and_white(samples, tags):
    """Catches 12 bits kept in 16, and instruments' own units, taken for full range: too dark."""
    assert_shows(tiff(samples, photometric="minisblack", extratags=tags), GREY)


def test_a_declared_range_holds_where_no_sample_reaches_it():
    """Catches stretching by the samples' own extremes although the file says what white is."""
    samples = np.rint(GREY * 2000).astype("u2")
    tags = [(340, 3, 1, 0, True), (341, 3, 1, 4000, True)]
    content = tiff(samples, photometric="minisblack", extratags=tags)
    assert_shows(content, GREY / 2)


def test_statistics_of_a_picture_do_not_stretch_it():
    """Catches MaxSampleValue, by the standard a statistic, taken for white."""
    samples = np.rint(GREY * 40000).astype("u2")
    content = tiff(samples, photometric="minisblack", extratags=[(281, 3, 1, 40000, True)])
    assert_shows(content, GREY * 40000 / 65535)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_alpha_of_any_depth_is_laid_over_white(dtype):
    """Catches alpha that is ignored, or read at another depth than the colours."""
    alpha = np.full((HEIGHT, WIDTH, 1), 0.5)
    samples = as_samples(np.dstack([RGB, alpha]), dtype)
    content = tiff(samples, photometric="rgb", extrasamples=["unassalpha"])
    assert_shows(content, RGB * 0.5 + 0.5, tolerance=2)


def test_an_extra_sample_that_is_not_alpha_hides_nothing():
    """Catches a fourth band of zeros, such as infrared, taken for transparency: a white picture."""
    samples = as_samples(np.dstack([RGB, np.zeros((HEIGHT, WIDTH))]), "uint8")
    assert_shows(tiff(samples, photometric="rgb", extrasamples=["unspecified"]), RGB)


def test_premultiplied_colours_are_divided_again():
    """Catches associated alpha laid over white twice: too bright or too dark."""
    half = np.rint(RGB * 255 * 0.5)
    samples = np.dstack([half, np.full((HEIGHT, WIDTH), 128)]).astype("u1")
    content = tiff(samples, photometric="rgb", extrasamples=["assocalpha"])
    assert_shows(content, RGB * 0.5 + 0.5, tolerance=3)


def test_a_palette_with_alpha():
    """Catches palette entries read as levels where an alpha band lies beside them."""
    colours = [0] * 768
    colours[7], colours[256 + 7] = 0xFFFF, 0x8000
    places = np.dstack([np.full((HEIGHT, WIDTH), 7), np.full((HEIGHT, WIDTH), 255)]).astype("u1")
    places[:, :8, 1] = 0
    content = tiffs.page(places, photometric=3, _320=colours, _338=2)
    found = np.asarray(decode(BytesIO(content)).pixels)
    assert found[0, 0].tolist() == [255] * 3
    assert found[0, -1].tolist() == [255, 128, 0]


def test_cmyk_of_16_bits_is_cmyk_of_8():
    """Catches deep separations that are refused, or read low byte first."""
    inks = np.asarray(picture(3, mode="CMYK"))
    deep = tiff(inks.astype("u2") * 257, photometric="separated")
    shallow = tiff(inks, photometric="separated")
    assert decode(BytesIO(deep)).pixels.tobytes() == decode(BytesIO(shallow)).pixels.tobytes()


@pytest.mark.parametrize(
    ("samples", "photometric", "why"),
    [
        (np.zeros((24, 32), "u2"), 32803, "raw file"),
        (np.zeros((24, 32, 3), "u2"), 34892, "raw file"),
        (np.zeros((24, 32), "u2"), 32844, "photometric interpretation"),
        (np.zeros((24, 32), "c8"), 1, "neither integers nor floats"),
    ],
)
def test_samples_without_a_meaning_in_srgb_are_refused_by_name(samples, photometric, why):
    """Catches a sensor's mosaic, logarithms and complex numbers shown as if they were grey."""
    with pytest.raises(PictureError, match=why) as caught:
        decode(BytesIO(tiff(samples, photometric=photometric)))
    assert caught.value.fault is Fault.UNSUPPORTED


def camera_file(*, thumbnail_is_marked: bool) -> bytes:
    """A TIFF as cameras write it: a small picture first, the sensor's samples in a page below."""
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        small = np.asarray(picture(1))
        kind = 1 if thumbnail_is_marked else 0
        writer.write(small, photometric="rgb", subifds=1, subfiletype=kind, metadata=None)
        writer.write(np.zeros((96, 128), "u2"), photometric=32803, metadata=None)
    return buffer.getvalue()


@pytest.mark.parametrize("thumbnail_is_marked", [True, False])
def test_a_camera_file_is_not_its_thumbnail(thumbnail_is_marked):
    """Catches the thumbnail inside a raw file coming in as the photograph."""
    with pytest.raises(PictureError, match="camera's raw file"):
        decode(BytesIO(camera_file(thumbnail_is_marked=thumbnail_is_marked)))


@pytest.mark.parametrize(
    "head",
    [b"II*\0\x10\0\0\0CR\x02\0", b"FUJIFILMCCD-RAW 02", b"IIRO\x08\0", b"\0\0\0\x18ftypcrx "],
)
def test_other_raw_files_are_called_by_their_name(head):
    """Catches “not a picture” for what its owner knows to be one."""
    content = head.ljust(300, b"\0")
    if head.startswith(b"II*"):  # the mark lies where the first page would begin
        content = head + encoded(picture(1), "TIFF")[8:]
    with pytest.raises(PictureError, match="camera's raw file"):
        decode(BytesIO(content))


def test_a_thumbnail_before_the_picture_is_passed_over():
    """Catches the reduced page, which is the first, taken for the picture."""
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(np.zeros((8, 8, 3), "u1"), photometric="rgb", subfiletype=1, metadata=None)
        writer.write(np.asarray(picture(1)), photometric="rgb", metadata=None)
    assert decode(BytesIO(buffer.getvalue())).pixels.size == (64, 48)


@pytest.mark.parametrize(
    "codec",
    [None, tiffs.LZW, tiffs.PACKBITS, (8, zlib.compress)],
    ids=["raw", "lzw", "packbits", "zlib"],
)
def test_missing_data_is_never_made_up(codec):
    """Catches grey or black rows where a strip is cut, empty or too short."""
    samples = np.asarray(picture(1, size=(128, 96)))
    whole = tiffs.page(samples, codec=codec, photometric=2)
    with tifffile.TiffFile(BytesIO(whole)) as file:
        start, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
        (count,) = (tag.valueoffset for tag in file.pages[0].tags if tag.code == 279)
    decode(BytesIO(whole))
    cut = whole[: start + size // 2]
    short = bytearray(whole)
    short[count : count + 4] = struct.pack("<I", size // 2)
    empty = bytearray(whole)
    empty[count : count + 4] = struct.pack("<I", 0)
    for content in (cut, bytes(short), bytes(empty)):
        with pytest.raises(PictureError, match="TIFF file is damaged or incomplete"):
            decode(BytesIO(content))


def test_a_jpeg_inside_that_ends_early_is_refused():
    """Catches the grey half of a strip that stops, with an end marker, in the middle."""
    whole = encoded(picture(1, size=(128, 96)), "TIFF", compression="jpeg")
    decode(BytesIO(whole))
    with tifffile.TiffFile(BytesIO(whole)) as file:
        start, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    middle = start + size * 3 // 4
    content = whole[:middle] + b"\xff\xd9" + whole[middle + 2 :]
    with pytest.raises(PictureError, match="TIFF file is damaged or incomplete"):
        decode(BytesIO(content))


def test_a_fax_with_a_bad_code_word_is_refused():
    """Catches lines that libtiff makes up where a scan's data is damaged."""
    whole = encoded(picture(1, size=(128, 96), mode="1"), "TIFF", compression="group4")
    decode(BytesIO(whole))
    with tifffile.TiffFile(BytesIO(whole)) as file:
        middle = file.pages[0].dataoffsets[0] + file.pages[0].databytecounts[0] // 2
    content = whole[:middle] + b"\x55\xaa\x00" + whole[middle + 3 :]
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(BytesIO(content))


def test_a_tag_that_cannot_be_read_is_not_replaced_by_its_default():
    """Catches 8 bits read as 1, the standard's default, because the tag points outside the file."""
    whole = bytearray(encoded(picture(1), "TIFF"))
    with tifffile.TiffFile(BytesIO(whole)) as file:
        entry = file.pages[0].tags[258].offset
    whole[entry + 8 : entry + 12] = struct.pack("<I", 2**31)
    with pytest.raises(PictureError, match="damaged"):
        decode(BytesIO(bytes(whole)))


def test_reading_prints_nothing(capfd):
    """Catches lines of libtiff, which name no file, between those of a report."""
    whole = encoded(picture(1), "TIFF", compression="tiff_lzw")
    for place in range(100, 700, 7):
        content = bytearray(whole)
        content[place] ^= 0x5A
        try:
            decode(BytesIO(bytes(content)))
        except PictureError:
            continue
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_ordinary_files_keep_the_pixels_that_pillow_gives(mode, compression):
    """Catches other vectors for pictures that were read right before."""
    image = picture(4, size=(80, 60)).convert("RGB" if mode == "LAB" else mode)
    if mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
        expected = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    else:
        expected = image.convert("RGB")
    content = encoded(image, "TIFF", compression=compression)
    assert decode(BytesIO(content)).pixels.tobytes() == expected.tobytes()


def test_video_levels_without_jpeg_are_read(tmp_path):
    """Catches YCbCr shown as if it were RGB; and its orientation applied twice."""
    image = picture(2, size=(64, 48))
    content = encoded(image.convert("YCbCr"), "TIFF", tiffinfo={274: 6})
    found = decode(BytesIO(content)).pixels
    assert found.size == (48, 64)
    expected = np.asarray(image.transpose(PillowImage.Transpose.ROTATE_270), dtype=int)
    assert np.abs(np.asarray(found, dtype=int) - expected).mean() < 3
