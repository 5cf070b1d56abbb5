"""What databases, disks and storages raise, as one sentence with its remedy."""

from django.utils.translation import gettext as _

from .database import DATABASE_ERRORS, as_djangos, in_words
from .reasons import of_storage, reason
from .storage import StorageAway


def trouble_in_words(error: BaseException) -> str | None:
    """Say what is the matter outside, in the reader's language; None for any other error."""
    if isinstance(error := as_djangos(error), DATABASE_ERRORS):
        return in_words(error)
    if isinstance(error, StorageAway):
        return str(error)
    if not of_storage(error):
        return None
    name = getattr(error, "filename", None)
    if not isinstance(name, str):
        return _("A disk or the storage failed: %(reason)s.") % {"reason": reason(error)}
    return _("%(path)s cannot be used: %(reason)s.") % {"path": name, "reason": reason(error)}
