"""From a picture to a checked description, in one place.

Two rules differ, on purpose. A *query* that is tiny or a single colour is refused: it would get a
ranking that means nothing. An *image* of the collection is described whatever it shows, because
it is part of what is searched. A vector that is not a unit vector is refused for both; local
features may be none at all.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO

from django.core.files.storage import Storage
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from .descriptors import Description, PictureDescriptor, Prepared
from .descriptors.derived import describe_together, prepare_together
from .pixels import Box, Fault, PictureError, crop, decode, is_uniform
from .timing import timed
from .trouble.reasons import reason
from .trouble.storage import reading_failed

MIN_SIDE = 16

# A description, or why the picture has none.
Described = Description | PictureError


def stored_pixels(*, file: str, storage: Storage) -> PillowImage.Image:
    """Return the upright RGB pixels of a picture in the storage, which was proven whole before.

    Raises `PictureError` where it is missing, cannot be read or cannot be decoded, and
    `StorageAway` where that is so of every file.
    """
    try:
        # As a whole, before anything is decoded: a disk that fails must not pass for damage.
        with storage.open(file) as opened:
            content = opened.read()
    # Storage back ends raise errors of their own; one unreadable object must not stop the others.
    except Exception as error:
        if away := reading_failed(error, file=file, storage=storage):
            raise away from error
        if isinstance(error, FileNotFoundError):
            message = _("The file %(file)s is missing from the storage.") % {"file": file}
            raise PictureError(Fault.MISSING, message) from None
        message = _("The file %(file)s cannot be read (%(reason)s).") % {
            "file": file,
            "reason": reason(error),
        }
        raise PictureError(Fault.UNREADABLE, message) from error
    return decode(BytesIO(content), proven=True).pixels


def query_part(*, pixels: PillowImage.Image, box: Box | None = None) -> PillowImage.Image:
    """Return what a search starts from: an upright RGB picture, or `box` of it in pixels.

    Raises `PictureError` where that is outside the picture, too small, or a single colour.
    """
    part = crop(pixels, box) if box else pixels
    if min(part.size) < MIN_SIDE:
        raise PictureError(
            Fault.TOO_SMALL,
            _(
                "The picture is too small: %(width)d × %(height)d pixels; at least %(side)d × "
                "%(side)d are needed."
            )
            % {"width": part.width, "height": part.height, "side": MIN_SIDE},
        )
    if is_uniform(part):
        raise PictureError(
            Fault.UNIFORM, _("The picture is a single colour. Choose one that shows something.")
        )
    return part


def describe_query(
    *, pixels: PillowImage.Image, box: Box | None = None, descriptors: Sequence[PictureDescriptor]
) -> dict[PictureDescriptor, Description]:
    """Return what an upright RGB picture, or `box` of it, is searched with, by descriptor.

    Raises `PictureError` as `query_part` does and where the picture gives no features, and
    `DescriptorError` where the weights cannot be had.
    """
    prepared = prepare_query(query_part(pixels=pixels, box=box), descriptors)
    return describe_prepared(picture=prepared, descriptors=descriptors)


def prepare_query(part: PillowImage.Image, descriptors: Sequence[PictureDescriptor]) -> Prepared:
    """Return what `describe_prepared` of the same descriptors starts from."""
    if len(descriptors) == 1:
        return descriptors[0].prepare(part)
    return prepare_together(descriptors, part)


@timed("describe")
def describe_prepared(
    *, picture: Prepared, descriptors: Sequence[PictureDescriptor]
) -> dict[PictureDescriptor, Description]:
    """Return the descriptions of what `prepare_query` made of a `query_part`.

    Raises as `describe_query`.
    """
    if len(descriptors) == 1:
        found = [descriptors[0].describe_one(picture)]
    else:
        found = [rows[0] for rows in describe_together(descriptors, [picture])]
    described = dict(zip(descriptors, found, strict=True))
    if not all(descriptor.is_usable(one) for descriptor, one in described.items()):
        raise without_features()
    return described


def describe_many(
    *, pictures: Sequence[Prepared], descriptor: PictureDescriptor
) -> list[Described]:
    """Return each picture's description, or why it has none, in order.

    Raises `DescriptorError` where the weights cannot be had.
    """
    if not pictures:
        return []
    return usable(descriptor.describe(pictures), descriptor)


def usable(found: Iterable[Description], descriptor: PictureDescriptor) -> list[Described]:
    """Return each of what the descriptor gave, or that it is none."""
    return [one if descriptor.is_usable(one) else without_features() for one in found]


def without_features() -> PictureError:
    message = _("The picture gives no features: its vector is zero or not finite.")
    return PictureError(Fault.NO_FEATURES, message)
