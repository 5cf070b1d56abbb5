"""Pictures made worse on purpose, to ask for the picture that they were made of. Pure.

Pillow and a random generator; no Django. Each function takes an upright RGB picture and gives a
new one; `Mode` of both is RGB.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from PIL import Image

# Shares of the area that are cut out: of anything whole, every way to rank finds the original.
CROP_AREA, DETAIL_AREA = 0.3, 0.12
DARK, BRIGHT = 2.5, 0.4

Distort = Callable[[Image.Image, np.random.Generator], Image.Image]


def cropped(
    picture: Image.Image, rng: np.random.Generator, *, area: float = CROP_AREA
) -> Image.Image:
    """Return a part with `area` of the picture's area and its aspect ratio, at a random place."""
    side = float(np.sqrt(area))
    width, height = max(1, round(picture.width * side)), max(1, round(picture.height * side))
    left = int(rng.integers(0, picture.width - width + 1))
    top = int(rng.integers(0, picture.height - height + 1))
    return picture.crop((left, top, left + width, top + height))


def mirrored(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a part of it, left and right exchanged."""
    part = cropped(picture, rng, area=CROP_AREA)
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def with_gamma(picture: Image.Image, gamma: float) -> Image.Image:
    """Return 255 (v / 255) ** gamma of every level v: darker above 1, brighter below."""
    levels = np.round(255 * (np.arange(256) / 255) ** gamma).astype(int).tolist()
    return picture.point(levels * len(picture.getbands()))


def darkened(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a part of it, underexposed."""
    return with_gamma(cropped(picture, rng, area=CROP_AREA), DARK)


def brightened(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a part of it, overexposed."""
    return with_gamma(cropped(picture, rng, area=CROP_AREA), BRIGHT)


def detail(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a small part of it."""
    return cropped(picture, rng, area=DETAIL_AREA)


# In the order in which they are shown.
DISTORTIONS: Mapping[str, Distort] = {
    "crop": cropped,
    "detail": detail,
    "mirror": mirrored,
    "dark": darkened,
    "bright": brightened,
}


def distorted(picture: Image.Image, *, seed: int, number: int) -> Iterator[tuple[str, Image.Image]]:
    """Yield (kind, picture) for each of `DISTORTIONS`, one at a time.

    The same picture, seed and number (of the picture in its sample) give the same pictures.
    """
    for place, (kind, distort) in enumerate(DISTORTIONS.items()):
        yield kind, distort(picture, np.random.default_rng([seed, number, place]))
