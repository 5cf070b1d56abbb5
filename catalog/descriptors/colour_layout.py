"""Colour layout: which colours a picture has, and where. Needs no weights. NumPy and Pillow only.

A 4 x 4 grid, and for each cell the means of L*, a* and b* (colour moments of fixed regions:
Stricker & Dimai, "Color Indexing with Weak Spatial Constraints", SPIE 1996) and a histogram of
the same colours (Swain & Ballard, "Color Indexing", IJCV 1991), in CIELAB (CIE 15:2004) under D65.

Both parts are made so that Euclidean distance means something and no component is negative: a
mean m in [0, 1] becomes the point (cos, sin) of the angle m * pi / 2, and of a histogram the
square roots are taken (Hellinger distance: Arandjelovic & Zisserman, CVPR 2012, section 3). Each
has a fixed norm, so that every vector has length 1.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext_lazy as _
from PIL import Image

from ..vectors import Float32Array
from .base import Descriptor

GRID = 4
# Side of the reduced picture: 16 x 16 pixels a cell are plenty for means and 48 bins.
SIDE = 64
# Edges of the bins; a* and b* of photographs are seldom beyond 40.
LIGHTNESS_EDGES = np.array([35.0, 65.0])
COLOUR_EDGES = np.array([-15.0, 0.0, 15.0])
BINS = 3 * 4 * 4
MEANS = 3 * 2
CELLS = GRID * GRID
# Share of the squared length that the means have; the histograms have the rest.
MEANS_SHARE = 0.5

Float64Array = npt.NDArray[np.float64]

# sRGB to XYZ (IEC 61966-2-1), each row divided by the D65 white point.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
) / np.array([[0.95047], [1.0], [1.08883]])


class ColourLayoutDescriptor(Descriptor):
    """864 components, all >= 0. The picture is squeezed to a square, as for fc6."""

    dim = CELLS * (MEANS + BINS)
    title = _("Colour layout")
    purpose = _("The same colours in the same places, whatever a picture shows.")
    trained = True

    @property
    def model_id(self) -> str:
        return "colour-layout/4x4/lab/1"

    def prepare(self, image: Image.Image) -> Image.Image:
        return image.resize((SIDE, SIDE), Image.Resampling.BOX)

    def describe(self, images: Sequence[Image.Image]) -> Float32Array:
        rows = np.empty((len(images), self.dim), dtype=np.float32)
        for row, image in zip(rows, images, strict=True):
            row[:] = colour_layout(np.asarray(self.prepare(image)))
        return rows


def colour_layout(pixels: npt.NDArray[np.uint8]) -> Float64Array:
    """Return the vector (864,) of norm 1 of sRGB pixels (64, 64, 3): means, then histograms."""
    cells = lab(pixels).reshape(GRID, SIDE // GRID, GRID, SIDE // GRID, 3)
    cells = cells.swapaxes(1, 2).reshape(CELLS, -1, 3)
    means = cells.mean(axis=1) * (1 / 100, 1 / 256, 1 / 256) + (0, 0.5, 0.5)
    angles = means.clip(0, 1) * (np.pi / 2)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=-1) / np.sqrt(3 * CELLS)
    shares = np.sqrt(histograms(cells) / CELLS)
    parts = (points.ravel() * np.sqrt(MEANS_SHARE), shares.ravel() * np.sqrt(1 - MEANS_SHARE))
    return np.concatenate(parts)


def histograms(cells: Float64Array) -> Float64Array:
    """Return each bin's share of the pixels, (N, 48), of cells of L*a*b* (N, pixels, 3)."""
    lightness = np.digitize(cells[..., 0], LIGHTNESS_EDGES)
    colours = np.digitize(cells[..., 1:], COLOUR_EDGES)
    bins = (lightness * 4 + colours[..., 0]) * 4 + colours[..., 1]
    places = bins + BINS * np.arange(len(cells))[:, None]
    counts = np.bincount(places.ravel(), minlength=BINS * len(cells))
    return counts.reshape(len(cells), BINS) / cells.shape[1]


def lab(pixels: npt.NDArray[np.uint8]) -> Float64Array:
    """Return L* in [0, 100], a* and b* of sRGB pixels (..., 3), under D65."""
    values = pixels / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T
    # The CIE's constants as fractions: (6/29)**3 and its tangent.
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * (841 / 108) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
