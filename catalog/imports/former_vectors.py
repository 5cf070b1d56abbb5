"""The vectors of the system before this one: `static/feature/NAME.npy`, one for each picture.

Both systems take VGG16's first fully connected layer with ImageNet's weights and divide by the L2
norm, so that its vectors are fc6's; nothing is described anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _

from ..describing import describe_many, stored_pixels
from ..descriptors import Descriptor
from ..models import Collection, Image
from ..pixels import PictureError
from ..querysets import in_parts
from ..trouble.reasons import reason
from ..vectors import Float32Array
from ..vectorstore import Version, vectors_of

# An array of float64, its header, and room to spare.
MOST_BYTES = 100_000
NORM_TOLERANCE = 1e-3
# A picture and a vector that belong together, by two versions of Keras and Pillow.
ALIKE = 0.9
CHECKED = 5


class FormerVectorsRefused(Exception):
    """None of the vectors can be taken; the message, in the user's language, says why."""


class FileRefused(Exception):
    """A file is not a vector that can be taken; the message says why."""


@dataclass
class Taken:
    """`taken` counts vectors, `had` images that have a current one already, `without` names images
    for which there is no file, `refused` files with the reason."""

    taken: int = 0
    had: int = 0
    without: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    interrupted: bool = False


def take_vectors(
    *,
    collection: Collection,
    folder: Path,
    descriptor: Descriptor,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Taken:
    """Give the collection's images the vectors in `folder`, by their names.

    Before anything is written, some pictures are described anew and compared with their vectors:
    a folder in another order, or of another network, is refused as a whole. Images that have a
    current vector keep it. Raises `FormerVectorsRefused`, and `DescriptorError` where the weights
    are not there.
    """
    if not descriptor.trained:
        text = _("fc6 has untrained weights: the former system's vectors are of ImageNet's.")
        raise FormerVectorsRefused(text)
    model_id = descriptor.model_id
    images = Image.objects.filter(collection=collection)
    lacking = list(images.to_extract(descriptor.name, model_id, retry_failed=True).order_by("name"))
    result = Taken(had=images.count() - len(lacking))
    files = {path.stem: path for path in sorted(folder.glob("*.npy"))}
    if not files:
        text = _("There are no .npy files in %(folder)s.")
        raise FormerVectorsRefused(text % {"folder": folder})
    result.without = [image.name for image in lacking if image.name not in files]
    wanted = [image for image in lacking if image.name in files]
    check_order(wanted, files, descriptor)
    done = 0
    for part in in_parts(wanted):
        if should_stop():
            result.interrupted = True
            break
        rows = list(readable(part, files, descriptor.dim, result))
        result.taken += vectors_of(descriptor.name).write(
            rows, model_id=model_id, dim=descriptor.dim
        )
        done += len(part)
        on_progress(done, len(wanted))
    return result


def readable(
    images: Sequence[Image], files: dict[str, Path], dim: int, result: Taken
) -> Iterator[tuple[Version, Float32Array]]:
    for image in images:
        path = files[image.name]
        try:
            yield Version(image.pk, image.sha256), read_vector(path, dim)
        except FileRefused as error:
            result.refused.append((path.name, str(error)))


def read_vector(path: Path, dim: int) -> Float32Array:
    """Return the unit vector (dim,) in a file of NumPy's; raises `FileRefused` for all else."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileRefused(_("the file is too large for one vector"))
        found = np.load(BytesIO(path.read_bytes()), allow_pickle=False)
    except OSError as error:
        raise FileRefused(reason(error)) from error
    except (ValueError, EOFError) as error:
        raise FileRefused(_("the file is not a NumPy array")) from error
    if not isinstance(found, np.ndarray) or found.dtype.kind != "f":
        raise FileRefused(_("the file is not an array of real numbers"))
    if found.shape != (dim,):
        text = _("its shape is %(found)s and must be %(wanted)s")
        raise FileRefused(text % {"found": found.shape, "wanted": (dim,)})
    vector = found.astype(np.float32)
    norm = float(np.linalg.norm(vector.astype(np.float64)))
    if not abs(norm - 1) <= NORM_TOLERANCE:
        raise FileRefused(_("its length is %(norm)s and must be 1") % {"norm": f"{norm:.4g}"})
    if vector.min() < 0:
        raise FileRefused(_("it has numbers below 0, which fc6 never has"))
    return vector


def check_order(images: Sequence[Image], files: dict[str, Path], descriptor: Descriptor) -> None:
    """Describe a few of the pictures anew; raises `FormerVectorsRefused` where theirs differ."""
    for image in images[:: -(-len(images) // CHECKED) or 1]:
        try:
            theirs = read_vector(files[image.name], descriptor.dim)
            pixels = stored_pixels(file=str(image.file.name), storage=image.file.storage)
        except (FileRefused, PictureError):
            continue
        (ours,) = describe_many(pictures=[descriptor.prepare(pixels)], descriptor=descriptor)
        if isinstance(ours, PictureError):
            continue
        alike = float(ours @ theirs)
        if alike < ALIKE:
            raise FormerVectorsRefused(
                _(
                    "%(file)s is not the vector of picture “%(name)s”: described anew, they have a "
                    "similarity of %(alike)s. Nothing was taken."
                )
                % {"file": files[image.name].name, "name": image.name, "alike": f"{alike:.2f}"}
            )
