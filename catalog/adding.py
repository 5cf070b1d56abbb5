"""Pictures that people put in through a page: checked as an import, and made searchable."""

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from .imports.importer import import_uploads
from .imports.report import ImportReport
from .jobs import ask_for_missing
from .models import Collection


def add_pictures(
    *,
    collection: Collection,
    files: Sequence[tuple[str, UploadedFile]],
    too_large: Sequence[str] = (),
    user: Any = None,
) -> ImportReport:
    """Bring uploaded files, with their names, into a collection, and ask for their features.

    What does not come in is in the report by name, with the reason; so are `too_large`, names of
    files that were dropped on the way.
    """
    by_name: dict[str, UploadedFile] = {}
    twice = []
    for name, file in files:
        if name in by_name:
            twice.append(name)
        else:
            by_name[name] = file
    report = import_uploads(files=by_name, collection=collection)
    for name in twice:
        report.skip(name, _("Another file of this name was sent with it."))
    for name in too_large:
        report.skip(name, _("The file is too large."))
    if report.added:
        ask_for_missing(collection, user)
    return report
