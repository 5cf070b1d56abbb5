"""A collection of which some pictures show the same, described by colours and by local features."""

import hashlib

import numpy as np
from django.core.files.base import ContentFile
from PIL import Image as PillowImage

from catalog.descriptors import get_any
from catalog.extraction import extract_features
from catalog.models import Collection, Image
from catalog.pixels import READING
from tests.helpers import encoded
from tests.scenes import moved, scene, seen

# The same thing as "house", from other places; not found by its colours.
VIEWS = {
    "house": np.eye(3),
    "from_the_left": moved(25, 8),
    "from_afar": moved(60, 40, scale=0.7),
}
OTHERS = ("bridge", "tower", "court")
COLOURS = "colour-layout"


def pictures() -> dict[str, PillowImage.Image]:
    views = {name: seen(scene(1), matrix) for name, matrix in VIEWS.items()}
    return views | {name: scene(seed) for seed, name in enumerate(OTHERS, start=50)}


def store(collection: Collection, name: str, picture: PillowImage.Image) -> Image:
    content = encoded(picture, "PNG")
    image = Image(
        collection=collection,
        name=name,
        source_name=f"{name}.png",
        format="PNG",
        width=picture.width,
        height=picture.height,
        byte_size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        reading=READING,
    )
    image.file.save(f"{name}.png", ContentFile(content), save=False)
    image.save()
    return image


def fill_with_views(collection: Collection, *, local: bool = True) -> dict[str, Image]:
    images = {name: store(collection, name, one) for name, one in pictures().items()}
    ids = [image.pk for image in images.values()]
    for name in (COLOURS, *(["rootsift"] if local else [])):
        extract_features(ids=ids, descriptor=get_any(name))
    return images
