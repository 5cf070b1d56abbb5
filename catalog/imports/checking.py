"""What can be told of a file before it is opened, and of an import before anything is removed."""

from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Model
from django.utils.translation import gettext as _

from ..models import Collection
from ..names import LONGEST, canonical, printable
from . import litter
from .holdings import Found, Known
from .listing import Listing
from .report import ImportReport
from .sources import MAX_FILE_BYTES, FileRefused, ImportRefused


def check_name(name: str) -> None:
    """Raise `FileRefused` for a file name that no row can have."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise FileRefused(_("Its name is not valid UTF-8; rename it.")) from None
    if max(len(name), len(canonical(name))) > LONGEST:
        raise FileRefused(name_too_long(LONGEST))
    if litter.is_raw(name):
        raise FileRefused(_("Camera raw files are not read; export it as JPEG or TIFF."))


def check_size(size: int) -> None:
    if size == 0:
        raise FileRefused(_("The file is empty."), no_picture=True)
    if size > MAX_FILE_BYTES:
        raise FileRefused(
            _("The file is larger than %(limit)d MiB.") % {"limit": MAX_FILE_BYTES // 1024**2},
            no_picture=True,
        )


def name_too_long(longest: int) -> str:
    return _("Its name is longer than %(longest)d characters; shorten it.") % {"longest": longest}


def is_as_before(known: Known, found: Found) -> bool:
    return (
        found.source_modified is not None
        and known.source_modified == found.source_modified
        and known.byte_size == found.byte_size
        and (known.file == found.file or not known.external)
    )


def obstacle(report: ImportReport, listing: Listing) -> str:
    """Return why images whose files seem to be gone must not be removed; empty where they may."""
    if listing.unread:
        return _("%(name)s could not be read, and the pictures may be there.") % {
            "name": printable(listing.unread[0]) or "/"
        }
    if report.gone and not report.found:
        return _(
            "none of the collection's pictures was found: is this the right place, and is its "
            "disk connected?"
        )
    return ""


def check_slug(slug: str) -> None:
    """Raise `ImportRefused` for what cannot be a collection's short name."""
    longest = max_length(Collection, "slug")
    try:
        validate_slug(slug)
    except ValidationError:
        valid = False
    else:
        valid = len(slug) <= longest
    if not valid:
        raise ImportRefused(
            _(
                "“%(slug)s” cannot be a collection's short name: "
                "use at most %(longest)d letters a-z, digits, hyphens and underscores."
            )
            % {"slug": printable(slug), "longest": longest}
        )


def max_length(model: type[Model], field: str) -> int:
    """How many characters a column of text holds; each of these declares it."""
    return cast(Any, model._meta.get_field(field)).max_length
