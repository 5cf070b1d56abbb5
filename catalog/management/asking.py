"""A question to the person at the terminal."""

import sys

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from .interrupts import EXIT_INTERRUPTED


def agrees(question: str) -> bool | None:
    """Ask, and return whether the answer is yes; None where nobody is there to be asked.

    Raises `CommandError` after Ctrl-C.
    """
    if not sys.stdin.isatty():
        return None
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False
    except KeyboardInterrupt:
        raise CommandError(
            _("Interrupted: nothing was removed."), returncode=EXIT_INTERRUPTED
        ) from None
