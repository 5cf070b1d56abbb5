"""Why a picture cannot be used, as a code for programs and a sentence for people."""

from enum import StrEnum

from django.utils.translation import gettext as _


class Fault(StrEnum):
    """Why a picture cannot be used."""

    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    TOO_LARGE = "too-large"
    TOO_COSTLY = "too-costly"
    BUSY = "busy"
    NOT_FINITE = "not-finite"
    OUTSIDE = "outside"
    TOO_SMALL = "too-small"
    UNIFORM = "uniform"
    NO_FEATURES = "no-features"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class PictureError(ValueError):
    """A picture cannot be used: `fault` says why, the message says it in the user's language."""

    def __init__(self, fault: Fault, message: str) -> None:
        self.fault = fault
        super().__init__(message)


def damaged(format: str) -> PictureError:
    """The file begins as a picture of `format` and cannot be decoded to its end."""
    return PictureError(
        Fault.DAMAGED,
        _("The %(format)s file is damaged or incomplete.") % {"format": format},
    )


def unsupported(format: str, what: str) -> PictureError:
    """`what`, a translated noun, is a form of `format` that is not read."""
    return PictureError(
        Fault.UNSUPPORTED,
        _(
            "The %(format)s file is not read: %(what)s. "
            "Save it as an ordinary JPEG, PNG or TIFF of 8 or 16 bits."
        )
        % {"format": format, "what": what},
    )
