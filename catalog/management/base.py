"""What every command of this project shares: trouble outside is a sentence, never a trace."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ..database_errors import DATABASE_ERRORS, in_words
from ..media_errors import StorageAway
from ..reasons import of_storage, reason

logger = logging.getLogger(__name__)


class SisCommand(BaseCommand):
    """A command that says in words what is the matter with the database, a disk or a storage."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with trouble_in_words():
            return super().execute(*args, **options)


@contextmanager
def trouble_in_words() -> Iterator[None]:
    """Turn what databases, disks and storages raise into `CommandError`."""
    try:
        yield
    except DATABASE_ERRORS as error:
        logger.info("The database refused", exc_info=error)
        raise CommandError(in_words(error)) from error
    except StorageAway as error:
        raise CommandError(str(error)) from error
    except BrokenPipeError:
        raise  # whoever read the output has seen enough
    except Exception as error:
        if not of_storage(error):
            raise
        logger.info("A disk or a storage refused", exc_info=error)
        raise CommandError(outside_in_words(error)) from error


def outside_in_words(error: Exception) -> str:
    """Say which file or storage failed, as far as the error tells, and why."""
    name = getattr(error, "filename", None)
    if not isinstance(name, str):
        return _("A disk or the storage failed: %(reason)s.") % {"reason": reason(error)}
    return _("%(path)s cannot be used: %(reason)s.") % {"path": name, "reason": reason(error)}
