"""Why something outside failed, in the reader's language: what the operating system raises."""

import errno

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

BY_NUMBER: dict[int, Promise] = {
    errno.ENOENT: gettext_lazy("there is no such file or folder"),
    errno.EACCES: gettext_lazy("permission denied"),
    errno.EPERM: gettext_lazy("the system does not permit it"),
    errno.EISDIR: gettext_lazy("it is a folder"),
    errno.ENOTDIR: gettext_lazy("a part of the path is not a folder"),
    errno.ENOSPC: gettext_lazy("no space is left on the disk"),
    errno.EROFS: gettext_lazy("the file system is read-only"),
    errno.EIO: gettext_lazy("the disk reports a read or write error"),
    errno.ENAMETOOLONG: gettext_lazy("the name is too long for the file system"),
    errno.EMFILE: gettext_lazy("this process has too many files open"),
}


def reason(error: BaseException) -> str:
    """Say in a few words, without a full stop, why something outside failed."""
    number = getattr(error, "errno", None)
    if number in BY_NUMBER:
        return str(BY_NUMBER[number])
    return _("unexpected error: %(name)s") % {
        "name": f"{type(error).__name__} {number or ''}".strip()
    }
