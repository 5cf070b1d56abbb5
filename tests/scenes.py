"""Pictures with things to hold on to, made in memory, and other views of them."""

import numpy as np
from PIL import Image, ImageDraw

SIZE = (400, 300)


def scene(seed: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """Many shapes in many greys: another seed shows nothing in common."""
    numbers = np.random.default_rng(seed)
    picture = Image.new("RGB", size, (128, 128, 128))
    draw = ImageDraw.Draw(picture)
    for _ in range(220):
        x, y = numbers.uniform(0, size[0]), numbers.uniform(0, size[1])
        wide, high = numbers.uniform(4, 40, 2)
        grey = int(numbers.integers(0, 256))
        shape = draw.ellipse if numbers.random() < 0.4 else draw.rectangle
        shape((x, y, x + wide, y + high), fill=(grey, grey, grey))
    return picture


def seen(
    picture: Image.Image, matrix: np.ndarray, size: tuple[int, int] | None = None
) -> Image.Image:
    """The picture as another camera sees it: `matrix` (3, 3) takes its pixels to the new ones."""
    back = np.linalg.inv(matrix)
    back /= back[2, 2]
    data = tuple(back.ravel()[:8])
    return picture.transform(
        size or picture.size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC
    )


def moved(x: float = 0, y: float = 0, scale: float = 1, turn: float = 0) -> np.ndarray:
    """The matrix of a shift, after a change of scale and a turn by degrees."""
    c, s = np.cos(np.radians(turn)) * scale, np.sin(np.radians(turn)) * scale
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])
