"""The sample corpus: our own rendered pictures of invented landmarks, with their ground truth.

Made to behave like the Oxford Buildings benchmark on a small scale, so that the system can be
tried and measured without downloading anything. Pure Pillow and NumPy: no Django.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from . import ground_truth
from .ground_truth import Seen
from .landmarks import LANDMARKS
from .scenes import scene, scene_names
from .views import KINDS, VIEWS, photograph

__all__ = ["SEED", "Picture", "count", "is_complete", "picture", "plan", "render"]

SEED = 20190610
DISTRACTORS = 80
QUALITY = 88  # of the JPEG files
EDITION = 1  # raise it when pictures change
COMPLETE = "complete.txt"  # written last: the set is whole

Picture = tuple[str, int, int]  # name, landmark (or -1 for a scene), number of the view or scene


def plan() -> list[Picture]:
    """Return every picture of the corpus: its name, its landmark's number or -1, its own number."""
    views = [
        (f"{landmark.name}_{view + 1:06d}", number, view)
        for number, landmark in enumerate(LANDMARKS)
        for view in range(len(VIEWS))
    ]
    kinds = scene_names()
    scenes = [
        (f"{kinds[place % len(kinds)]}_{place + 1:06d}", -1, place) for place in range(DISTRACTORS)
    ]
    return views + scenes


def count() -> int:
    """Return how many pictures `render` writes."""
    return len(LANDMARKS) * len(VIEWS) + DISTRACTORS


def is_complete(directory: Path, *, seed: int = SEED) -> bool:
    """Whether `render` has finished in this directory with this seed."""
    try:
        return (directory / COMPLETE).read_text(encoding="utf-8") == signature(seed)
    except OSError:
        return False


def signature(seed: int) -> str:
    """Return what the last file written says: changes whenever the pictures would."""
    return f"edition {EDITION}, seed {seed}, {count()} pictures\n"


def picture(which: Picture, *, seed: int = SEED) -> tuple[Image.Image, Seen | None]:
    """Render one picture of the `plan`, whatever was rendered before it.

    The second value says what is seen of the landmark; None for a scene.
    """
    name, landmark, number = which
    # Seeds are not negative: landmarks count from 1, scenes are 0.
    rng = np.random.default_rng([seed, landmark + 1, number])
    if landmark < 0:
        kinds = scene_names()
        return scene(kinds[number % len(kinds)], number, rng), None
    taken = photograph(LANDMARKS[landmark], KINDS[VIEWS[number]], rng, seed)
    return taken.image, Seen(name, taken.share, taken.box)


def render(
    directory: Path,
    *,
    seed: int = SEED,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the corpus: `directory/images/<name>.jpg` and `directory/groundtruth/<topic>_*.txt`.

    The same seed gives the same bytes with the same versions of Pillow and NumPy.
    `on_progress(done, total)` is called after every picture, from the calling thread. Files
    appear under their names only when they are whole, and a corpus counts as complete (see
    `is_complete`) only once this function has returned. Raises `OSError` where the directory
    cannot be written.
    """
    images, truth = directory / "images", directory / "groundtruth"
    images.mkdir(parents=True, exist_ok=True)
    truth.mkdir(exist_ok=True)
    (directory / COMPLETE).unlink(missing_ok=True)
    seen: dict[str, list[Seen]] = {landmark.name: [] for landmark in LANDMARKS}
    wanted = plan()
    for done, (which, sight) in enumerate(written(wanted, images, seed), start=1):
        if sight:
            seen[LANDMARKS[which[1]].name].append(sight)
        if on_progress:
            on_progress(done, len(wanted))
    for file_name, content in ground_truth.files(seen).items():
        put(truth / file_name, content.encode())
    put(directory / COMPLETE, signature(seed).encode())


def written(
    wanted: list[Picture], images: Path, seed: int
) -> Iterator[tuple[Picture, Seen | None]]:
    """Render and store pictures on every core; yield each in the order asked for."""

    def one(which: Picture) -> Seen | None:
        image, sight = picture(which, seed=seed)
        put(images / f"{which[0]}.jpg", encoded(image))
        return sight

    executor = ThreadPoolExecutor(max_workers=os.cpu_count())
    try:
        yield from zip(wanted, executor.map(one, wanted), strict=True)
    finally:
        executor.shutdown(cancel_futures=True)


def encoded(image: Image.Image) -> bytes:
    """Return the JPEG file of a picture."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def put(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it: it is there whole or not at all."""
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(content)
    partial.replace(path)
