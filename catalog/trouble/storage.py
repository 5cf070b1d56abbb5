"""Whether one file failed or the whole storage of pictures, and what to do about the latter.

A disk that is not mounted, full or read-only, and a bucket that does not answer, fail for every
file alike: that is said once, and nobody's picture is blamed for it.
"""

import errno
import os
from pathlib import Path, PurePosixPath

from django.core.files.storage import Storage, default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .reasons import answer_code, causes, of_client, reason

# Of a system: what says nothing of the file that was asked for. A connection that was broken off is
# not among them: the next file may come through.
WHOLE_SYSTEM = frozenset(
    {errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH}
    | {errno.ECONNREFUSED, errno.ENETUNREACH, errno.ENETDOWN, errno.ENODEV}
    | {errno.ENXIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT}
)
# Of a server of objects: answers about one object; all others are about the storage.
ONE_OBJECT = frozenset(
    {"NoSuchKey", "NotFound", "404", "403", "AccessDenied", "Forbidden", "InvalidObjectState"}
    | {"KeyTooLongError", "EntityTooLarge", "400", "413", "InvalidRange", "416"}
)

# Of its client library: a connection broken off, again.
ONE_CONNECTION = frozenset(
    {"ConnectionClosedError", "ResponseStreamingError", "IncompleteReadError", "ProtocolError"}
)

REMEDIES: dict[int, str | Promise] = {
    errno.ENOSPC: gettext_lazy("Make room on its disk."),
    errno.EDQUOT: gettext_lazy("Make room, or have the quota raised."),
    errno.EROFS: gettext_lazy(
        "Mount its disk so that it can be written, or choose another folder with SIS_VAR_DIR."
    ),
    errno.EACCES: gettext_lazy("Let this user read and write in it."),
    errno.EPERM: gettext_lazy("Let this user read and write in it."),
    errno.ENOENT: gettext_lazy("Check that its disk is mounted."),
    errno.EMFILE: gettext_lazy("Let this process open more files (ulimit -n)."),
}
CHECK_DISK = gettext_lazy("Check its disk, and the system's log.")
CHECK_SETTINGS = gettext_lazy(
    "Check that it is running, and SIS_STORAGE_BACKEND and SIS_STORAGE_OPTIONS."
)


class StorageAway(OSError):
    """The storage as a whole cannot be used; the message, in the user's language, says why."""

    def __str__(self) -> str:
        # An OSError of one argument, so that it has neither number nor file.
        return str(self.args[0])


def writing_failed(error: Exception, *, storage: Storage = default_storage) -> StorageAway:
    """Return what to raise where the storage took no file: the next ones would fail as well."""
    folder = local_root(storage)
    if folder is None:
        text = _("The storage of the pictures takes no file: %(reason)s. %(remedy)s")
        return StorageAway(text % {"reason": reason(error), "remedy": CHECK_SETTINGS})
    text = _("The media folder %(folder)s takes no file: %(reason)s. %(remedy)s")
    return StorageAway(text % {"folder": folder, "reason": reason(error), "remedy": remedy(error)})


def reading_failed(
    error: Exception, *, file: str, storage: Storage = default_storage
) -> StorageAway | None:
    """Return what to raise where the storage as a whole cannot be read; None: only `file`."""
    folder = local_root(storage)
    if folder is None:
        if not is_whole(error):
            return None
        text = _("The storage of the pictures cannot be read: %(reason)s. %(remedy)s")
        return StorageAway(text % {"reason": reason(error), "remedy": CHECK_SETTINGS})
    if not (is_whole(error) or is_closed(folder, error) or is_unmounted(folder, file, error)):
        return None
    text = _("The media folder %(folder)s cannot be read: %(reason)s. %(remedy)s")
    return StorageAway(text % {"folder": folder, "reason": reason(error), "remedy": remedy(error)})


def is_whole(error: Exception) -> bool:
    """Tell whether an error says nothing of one file."""
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno in WHOLE_SYSTEM:
            return True
        if isinstance(cause, TimeoutError | ConnectionRefusedError | MemoryError):
            return True
        if of_client(cause):
            if type(cause).__name__ in ONE_CONNECTION:
                return False
            return answer_code(cause) not in ONE_OBJECT
    return False


def is_closed(folder: Path, error: Exception) -> bool:
    return isinstance(error, PermissionError) and not os.access(folder, os.R_OK | os.X_OK)


def is_unmounted(folder: Path, file: str, error: Exception) -> bool:
    """Tell whether not even the folder is there, right below the root, in which `file` lies."""
    first = PurePosixPath(file).parent.parts[:1]
    return isinstance(error, FileNotFoundError) and not folder.joinpath(*first).exists()


def remedy(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number is None and isinstance(error, FileNotFoundError):
        number = errno.ENOENT
    return str(REMEDIES.get(number or 0, CHECK_DISK))


def local_root(storage: Storage) -> Path | None:
    """Return the folder of a storage on this machine; None for one that is elsewhere."""
    try:
        return Path(storage.path(""))
    except (NotImplementedError, AttributeError):  # the latter: a storage of few methods
        return None
