"""One hit and what proves it, for the page that shows it. Reads only."""

from dataclasses import dataclass

from catalog.descriptors.local.features import LocalFeatures
from catalog.models import Image
from catalog.pixels import Box
from catalog.vectorstore import vectors_of

from .geometry.comparing import Comparison
from .geometry.drawing import Arrangement, Drawing, above, beside, drawn
from .recipes import Geometry


@dataclass(frozen=True, slots=True)
class Proof:
    """How a hit shows what the query does; `inliers` is the number of places that agree."""

    inliers: int
    is_mirrored: bool
    drawing: Drawing
    row: Arrangement
    column: Arrangement


def prove(
    *, query: LocalFeatures, size: tuple[int, int], part: Box | None, hit: Image, geometry: Geometry
) -> Proof | None:
    """Compare a query's local features with an image's; None where nothing is proven.

    `size` is that of the query's whole picture, `part` where the features are from, in its pixels.
    Raises `LocalFeaturesError` where the image's features are damaged.
    """
    local = geometry.local
    stored = vectors_of(local.name).stream(local.model_id, images=[hit.pk])
    features = next((local.decode(data) for _collection, _pk, data in stored), None)
    if features is None:
        return None
    verified = Comparison(query, geometry.rules).with_hit(features)
    if verified is None:
        return None
    hit_size = (hit.width, hit.height)
    whole = part or (0.0, 0.0, float(size[0]), float(size[1]))
    drawing = drawn(verified, query, features, part=whole, hit_size=hit_size)
    return Proof(
        verified.inliers,
        verified.is_mirrored,
        drawing,
        beside(drawing, size, hit_size),
        above(drawing, size, hit_size),
    )
