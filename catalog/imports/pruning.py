"""Removes images whose files are gone, after an import that could be sure of it."""

from django.db import transaction

from ..models import Image
from ..querysets import in_parts
from .report import ImportReport


class PruneRefused(ValueError):
    """Nothing may be removed; the message, in the user's language, says why."""


def prune(*, report: ImportReport) -> int:
    """Delete the images that `report` calls gone, with features and stored files.

    Returns how many went; those that another import gave a file meanwhile stay. What was in the
    storage before its import is never deleted. Raises `PruneRefused` where the import did not see
    everything.
    """
    if report.obstacle:
        raise PruneRefused(report.obstacle)
    removed = 0
    for part in in_parts(report.gone):
        wanted = {(gone.pk, gone.source_name, gone.sha256) for gone in part}
        with transaction.atomic():
            rows = Image.objects.filter(pk__in=[gone.pk for gone in part]).select_for_update()
            found = rows.values_list("pk", "source_name", "sha256")
            still = [row[0] for row in found if row in wanted]
            _total, deleted = Image.objects.filter(pk__in=still).delete()
        removed += deleted.get("catalog.Image", 0)
    return removed
