"""What every command of this project shares: trouble outside is a sentence, never a trace."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ..trouble import trouble_in_words

logger = logging.getLogger(__name__)


class SisCommand(BaseCommand):
    """A command that says in words what is the matter with the database, a disk or a storage."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except BrokenPipeError:
            raise  # whoever read the output has seen enough
        except Exception as error:
            told = trouble_in_words(error)
            if told is None:
                raise
            logger.info("%s", told, exc_info=error)
            raise CommandError(told) from error
