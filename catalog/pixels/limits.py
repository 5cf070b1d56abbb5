"""What one picture may cost: how many pixels, how much memory and work, and how long to wait."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from .faults import Fault, PictureError

# Encoders make about ten; a hundred are a bomb: each costs a pass over all coefficients.
MAX_SCANS = 100
# Decoding passes of a progressive JPEG cost about 10 ns a pixel each.
MAX_SCANNED_PIXELS_PER_PIXEL = 12
# Bytes of a TIFF's own samples: 8 a pixel are RGBA of 16 bits.
MAX_BYTES_PER_PIXEL = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one decoding.

    `pixels` at most; `waits` says whether to wait as long as it takes where many pictures are
    decoded at once: programs can, people and web servers' threads cannot.
    """

    pixels: int
    waits: bool = True

    def check(self, width: int, height: int) -> None:
        """Raise `PictureError` where a picture of this size has too many pixels."""
        if width * height > self.pixels:
            raise PictureError(
                Fault.TOO_LARGE,
                _(
                    "The picture is too large: %(width)d × %(height)d pixels; "
                    "at most %(limit)g million are allowed."
                )
                % {"width": width, "height": height, "limit": self.pixels / 1e6},
            )

    def check_scans(self, scans: int, pixels: int) -> None:
        """Raise `PictureError` for a JPEG of `pixels` with so many scans that it is a bomb."""
        work = scans * pixels
        if scans > MAX_SCANS or work > self.pixels * MAX_SCANNED_PIXELS_PER_PIXEL:
            raise PictureError(
                Fault.TOO_COSTLY,
                _(
                    "The JPEG would take too long to decode: it has more than %(limit)d scans. "
                    "Save it anew."
                )
                % {"limit": min(scans - 1, MAX_SCANS)},
            )

    def check_bytes(self, size: int) -> None:
        """Raise `PictureError` where a picture's own samples take more than `size` bytes allow."""
        if size > self.pixels * MAX_BYTES_PER_PIXEL:
            raise PictureError(
                Fault.TOO_LARGE,
                _(
                    "The picture is too large: its samples take %(size)d MB; "
                    "at most %(limit)d MB are allowed."
                )
                % {"size": size / 1e6, "limit": self.pixels * MAX_BYTES_PER_PIXEL / 1e6},
            )


def for_collections(*, waits: bool = True) -> Limits:
    """The bounds for pictures of a collection, whose keeper is trusted (`SIS_MAX_PIXELS`)."""
    return Limits(settings.SIS_MAX_PIXELS, waits=waits)


def for_uploads() -> Limits:
    """The bounds for what anybody sends (`SIS_MAX_UPLOAD_PIXELS`)."""
    return Limits(settings.SIS_MAX_UPLOAD_PIXELS, waits=False)
