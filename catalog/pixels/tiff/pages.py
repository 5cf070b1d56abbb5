"""Which page of a TIFF is its picture, and whether its samples have a meaning that is known."""

import struct
from typing import cast

import numpy as np
import tifffile
from django.utils.translation import gettext as _

from .. import jpeg
from ..faults import PictureError, damaged, unsupported
from ..headers import camera_raw
from ..limits import MAX_SCANS
from .tags import (
    BANDS,
    BITS_PER_SAMPLE,
    CFA,
    CIELAB,
    CMYK,
    CR2_SLICES,
    DNG_VERSION,
    ICCLAB,
    INK_SET,
    LEAF,
    LINEAR_RAW,
    PAGE_MASK,
    PALETTE,
    PICTURE_CODECS,
    READING_TAGS,
    REDUCED,
    SEGMENT_CODECS,
    YCBCR,
    dtype_of,
    tag,
)

# A file may chain any number of pages; a picture among its thumbnails is one of the first.
MAX_PAGES = 16


def picture_page(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    """The first page that is neither a reduced version of another nor a mask.

    Raises `PictureError` for camera raw files: they are TIFFs whose pages are thumbnails of a
    picture that is kept as the sensor's own samples.
    """
    pages = first_pages(tiff.pages)
    if not pages:
        raise damaged("TIFF")
    if any(is_raw(page) for page in pages):
        raise camera_raw()
    for page in pages:
        if not page.subfiletype & (REDUCED | PAGE_MASK):
            return page
    # Every page says that it is a thumbnail of something that is not in the file.
    raise unsupported("TIFF", _("its pages are thumbnails of a picture that is elsewhere"))


def first_pages(chain: tifffile.TiffPages) -> list[tifffile.TiffPage]:
    pages: list[tifffile.TiffPage] = []
    for number in range(MAX_PAGES):
        try:
            pages.append(cast(tifffile.TiffPage, chain.get(number, cache=False, aspage=True)))
        except IndexError:
            break
    return pages


def is_raw(page: tifffile.TiffPage) -> bool:
    if page.photometric in (CFA, LINEAR_RAW):
        return True
    if any(code in page.tags for code in (DNG_VERSION, CR2_SLICES, LEAF)):
        return True
    below = page.pages if page.subifds else None
    return any(map(is_raw, first_pages(below))) if below else False


def check_tags(page: tifffile.TiffPage) -> None:
    """Raise `PictureError` where a tag that says how to read the samples could not be read itself.

    tifffile leaves such a tag out and goes on with the standard's default.
    """
    tiff, file = page.parent.tiff, page.parent.filehandle
    file.seek(page.offset)
    (count,) = struct.unpack(tiff.tagnoformat, file.read(tiff.tagnosize))
    entries = file.read(count * tiff.tagsize)
    for start in range(0, len(entries), tiff.tagsize):
        (code,) = struct.unpack_from(tiff.byteorder + "H", entries, start)
        if code in READING_TAGS and code not in page.tags:
            raise damaged("TIFF")


def check_readable(page: tifffile.TiffPage) -> None:
    """Raise `PictureError` for samples whose meaning is not known."""
    check_tags(page)
    photometric, bands = page.photometric, page.samplesperpixel
    if photometric not in BANDS:
        what = _("its photometric interpretation is %(number)d") % {"number": photometric}
        raise unsupported("TIFF", what)
    if bands < BANDS[photometric] or page.imagedepth != 1:
        raise damaged("TIFF")
    if photometric == CMYK and tag(page, INK_SET) not in (None, 1):
        raise unsupported("TIFF", _("its inks are not cyan, magenta, yellow and black"))
    check_coding(page)
    sizes = page.databytecounts
    if not sizes or min(sizes) == 0:
        raise damaged("TIFF")


def check_coding(page: tifffile.TiffPage) -> None:
    """Raise `PictureError` for depths and codecs that are not read, or not together."""
    dtype, bits, codec = dtype_of(page), page.bitspersample, page.compression
    if codec not in SEGMENT_CODECS | PICTURE_CODECS:
        raise unsupported("TIFF", _("its compression is number %(number)d") % {"number": codec})
    depths = {bits, *np.atleast_1d(tag(page, BITS_PER_SAMPLE) or 1).tolist()}
    fractions = dtype.kind == "f" and bits != 8 * dtype.itemsize
    whole = page.photometric in (PALETTE, CIELAB, ICCLAB)
    deep = dtype.kind == "f" or bits > 16 if whole else bits > 64
    by_picture = codec in PICTURE_CODECS or page.photometric == YCBCR
    if len(depths) > 1 or fractions or deep or (by_picture and bits not in (1, 8)):
        shown = ", ".join(map(str, sorted(depths)))
        raise unsupported("TIFF", _("its samples have %(bits)s bits") % {"bits": shown})
    if codec in PICTURE_CODECS and page.photometric in (CIELAB, ICCLAB):
        raise unsupported("TIFF", _("its colours are not what a JPEG inside it can hold"))


def check_jpegs(page: tifffile.TiffPage) -> None:
    """Raise `PictureError` where a decoder would have to complete a JPEG that is a segment.

    Their tables are in a tag of their own (TIFF Technical Note 2).
    """
    tables = (page.jpegtables or b"\xff\xd8\xff\xd9")[2:-2]
    file = page.parent.filehandle
    for segment, _number in file.read_segments(page.dataoffsets, page.databytecounts):
        data = b"\xff\xd8" + tables + (cast(bytes, segment or b""))[2:]
        try:
            structure = jpeg.structure(data, max_scans=MAX_SCANS)
            jpeg.check_whole(structure)
        except PictureError as error:
            raise damaged("TIFF") from error
        if structure.scans > MAX_SCANS:
            raise damaged("TIFF")
