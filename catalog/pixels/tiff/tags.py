"""The tags of a TIFF page that its samples' meaning hangs on (TIFF 6.0, TIFF/EP, DNG)."""

from typing import Any

import numpy as np
import tifffile
from django.utils.translation import gettext as _

from ..faults import unsupported

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
CIELAB, ICCLAB = 8, 9
CFA, LINEAR_RAW = 32803, 34892
# How many bands carry the colour, by photometric interpretation.
BANDS = {
    WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, PALETTE: 1, RGB: 3, YCBCR: 3, CMYK: 4, CIELAB: 3, ICCLAB: 3,
}  # fmt: skip
NO_COMPRESSION, LZW, OLD_JPEG, JPEG, PACKBITS, LZMA, ZSTD = 1, 5, 6, 7, 32773, 34925, 50000
DEFLATE = frozenset({8, 32946})
FAX = frozenset({2, 3, 4})
# Bytes to bytes; the others know what a picture is.
SEGMENT_CODECS = DEFLATE | {NO_COMPRESSION, LZW, PACKBITS, LZMA, ZSTD}
PICTURE_CODECS = FAX | {OLD_JPEG, JPEG}
CONTIGUOUS = 1
HORIZONTAL, FLOATING = 2, 3
REDUCED, PAGE_MASK = 1, 4
ASSOCIATED_ALPHA, ALPHA = 1, 2
# Tags: camera raw's own, and those that the samples' meaning hangs on.
DNG_VERSION, CR2_SLICES, LEAF, INK_SET = 50706, 50752, 34310, 332
MIN_SAMPLE, MAX_SAMPLE, S_MIN_SAMPLE, S_MAX_SAMPLE = 280, 281, 340, 341
BITS_PER_SAMPLE, ORIENTATION, ICC_PROFILE = 258, 274, 34675
# Tags without which samples would be read otherwise: size, depth, coding, layout and meaning.
READING_TAGS = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325}
    | {332, 338, 339, 347, 529, 530, 532, ORIENTATION, MIN_SAMPLE, MAX_SAMPLE}
    | {S_MIN_SAMPLE, S_MAX_SAMPLE}
)


def bytes_per_pixel(page: tifffile.TiffPage) -> int:
    return page.samplesperpixel * dtype_of(page).itemsize


def dtype_of(page: tifffile.TiffPage) -> np.dtype:
    """The samples' type in memory; raises `PictureError` where NumPy has none for them."""
    if page.dtype is None or page.dtype.kind not in "buif":
        raise unsupported("TIFF", _("its samples are neither integers nor floats"))
    return page.dtype


def tag(page: tifffile.TiffPage, code: int) -> Any:
    return page.tags.valueof(code)
