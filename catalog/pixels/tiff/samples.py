"""The samples of a TIFF page to levels of 0 to 255, strip by strip or tile by tile."""

from collections.abc import Iterator

import numpy as np
import tifffile
from PIL import Image

from ..faults import damaged
from ..levels import Levels, Range, Samples, Scale, scale_for
from .segments import segments
from .tags import (
    ALPHA,
    ASSOCIATED_ALPHA,
    BANDS,
    CIELAB,
    CMYK,
    ICCLAB,
    MAX_SAMPLE,
    MIN_SAMPLE,
    PALETTE,
    S_MAX_SAMPLE,
    S_MIN_SAMPLE,
    WHITE_IS_ZERO,
    dtype_of,
    tag,
)

# White where 9 to 15 of 16 bits are used.
USED_BITS = frozenset(2**bits - 1 for bits in range(9, 16))


def read_page(page: tifffile.TiffPage) -> Image.Image:
    """Return the page as a picture of 8 bits in mode L, LA, RGB, RGBA, CMYK or LAB, not turned.

    Raises `PictureError` for a missing segment, `NotFinite`, and what tifffile raises.
    """
    bands = BANDS[page.photometric]
    alpha, is_premultiplied = alpha_band(page, bands)
    wanted = [*range(bands), *([] if alpha is None else [alpha])]
    scales = scales_of(page, bands, alpha)
    # A palette's samples are places in it, up to 65535.
    kind = np.uint16 if page.photometric == PALETTE else np.uint8
    levels = np.empty((page.imagelength, page.imagewidth, len(wanted)), dtype=kind)
    for top, left, first, samples in segments(page):
        height, width, held = samples.shape
        part = levels[top : top + height, left : left + width]
        for place, band in enumerate(wanted):
            if first <= band < first + held:
                part[..., place] = scales[place](samples[..., band - first])
    if page.photometric == WHITE_IS_ZERO:
        np.subtract(255, levels[..., 0], out=levels[..., 0])
    elif page.photometric == ICCLAB:
        levels[..., 1:] ^= 128  # to the signed numbers of CIE L*a*b*, which Pillow unpacks
    elif page.photometric == PALETTE:
        levels = through_palette(page, levels)
    return as_image(levels, mode_of(page.photometric, alpha is not None, is_premultiplied))


def through_palette(page: tifffile.TiffPage, places: Samples) -> Levels:
    """The colours, and the alpha as it is, of samples (H, W, 1 or 2) that are places in a palette.

    The palette's 16 bits lose their low byte, as Pillow does. Raises `IndexError` for a place that
    the palette has not.
    """
    if page.colormap is None:
        raise damaged("TIFF")
    colours = (np.asarray(page.colormap).T >> 8).astype(np.uint8)
    levels = np.empty((*places.shape[:2], places.shape[2] + 2), dtype=np.uint8)
    levels[..., :3] = colours[places[..., 0]]
    levels[..., 3:] = places[..., 1:]
    return levels


def alpha_band(page: tifffile.TiffPage, bands: int) -> tuple[int | None, bool]:
    """The first extra sample that is declared to be an alpha channel, and whether the colours are
    multiplied by it already."""
    if page.photometric in (CMYK, CIELAB, ICCLAB):
        return None, False
    for place, kind in enumerate(page.extrasamples):
        if kind in (ASSOCIATED_ALPHA, ALPHA):
            return bands + place, kind == ASSOCIATED_ALPHA
    return None, False


def scales_of(page: tifffile.TiffPage, bands: int, alpha: int | None) -> list[Scale]:
    """What turns each wanted band into levels of 0 to 255."""
    dtype, bits = dtype_of(page), page.bitspersample
    if page.photometric in (CIELAB, ICCLAB):
        return [high_byte if bits == 16 else low_byte] * bands
    if page.photometric == PALETTE:
        return [as_it_is, low_byte]

    def colours() -> Iterator[Samples]:
        for _top, _left, band, samples in segments(page):
            part = samples[..., : max(0, bands - band)]
            if part.size:
                yield part

    declared = declared_range(page) if bits > 8 or dtype.kind != "u" else None
    scale = scale_for(dtype, bits, colour=bands > 1, declared=declared, parts=colours)
    if alpha is None:
        return [scale] * bands
    opaque = float(np.iinfo(dtype).max) if dtype.kind == "i" else 2.0**bits - 1
    whole = (0.0, 1.0 if dtype.kind in "fb" else opaque)
    same = dtype.kind == "u" and bits == 16
    clear = scale_for(dtype, bits, colour=True, declared=None if same else whole, parts=colours)
    return [*[scale] * bands, clear]


def as_it_is(samples: Samples) -> Samples:
    return samples


def high_byte(samples: Samples) -> Levels:
    return (samples.view(f"u{samples.itemsize}") >> 8).astype(np.uint8)


def low_byte(samples: Samples) -> Levels:
    return samples.astype(np.uint8)


def declared_range(page: tifffile.TiffPage) -> Range | None:
    """The samples that are black and white by the file's own word, where it says so.

    SMinSampleValue and SMaxSampleValue mean that. The older MinSampleValue and MaxSampleValue are
    statistics by the standard; but 4095 and its like declare how many bits are used.
    """
    low, high = tag(page, S_MIN_SAMPLE), tag(page, S_MAX_SAMPLE)
    if low is not None and high is not None:
        low, high = float(np.min(low)), float(np.max(high))
        return (low, high) if np.isfinite([low, high]).all() and low < high else None
    low, high = tag(page, MIN_SAMPLE), tag(page, MAX_SAMPLE)
    if high is None or dtype_of(page).kind != "u":
        return None
    low, high = int(np.min(0 if low is None else low)), int(np.max(high))
    return (0.0, float(high)) if low == 0 and high in USED_BITS else None


def mode_of(photometric: int, has_alpha: bool, is_premultiplied: bool) -> str:
    if photometric == CMYK:
        return "CMYK"
    if photometric in (CIELAB, ICCLAB):
        return "LAB"
    base = "RGB" if BANDS[photometric] == 3 or photometric == PALETTE else "L"
    return base + ("" if not has_alpha else "a" if is_premultiplied else "A")


def as_image(levels: Levels, mode: str) -> Image.Image:
    size = levels.shape[1::-1]
    image = Image.frombuffer(mode, size, levels, "raw", mode, 0, 1)
    return image.convert(mode.upper()) if mode in ("La", "RGBa") else image
