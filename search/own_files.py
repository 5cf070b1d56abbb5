"""The files of searches: pictures of stored queries, caches of vectors, uploads under way."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.files.aliases import query_storage
from catalog.files.filesets import FileSet, Owner, storable
from catalog.files.media import walk
from catalog.names import printable
from catalog.querysets import in_parts

from .engines.cache import CODES, VECTORS, file_name, folder_name, mark_of, root
from .models import Query, VectorFile

# What Django calls an upload while it comes in.
UPLOAD = re.compile(r"tmp[a-z0-9_]{8}\.upload(\..*)?")


class QueryPictures(FileSet):
    """What was searched with."""

    title = gettext_lazy("pictures of stored queries")
    remedy = gettext_lazy(
        "What was uploaded cannot be got back: these queries can only be removed."
    )

    @property
    def storage(self) -> Storage:
        return query_storage()

    def listing(self) -> Iterator[list[str]]:
        return walk("queries", self.storage)

    def named(self) -> Iterator[str]:
        return Query.objects.order_by().values_list("picture", flat=True).iterator()

    def still_named(self, names: Sequence[str]) -> set[str]:
        rows = Query.objects.filter(picture__in=storable(names))
        return set(rows.values_list("picture", flat=True))

    def owners(self) -> Iterator[Owner]:
        for pk, picture in Query.objects.order_by("pk").values_list("pk", "picture").iterator():
            yield Owner(pk, picture, _("stored query %(id)s") % {"id": pk})

    def delete_rows(self, owners: Sequence[Owner]) -> int:
        deleted = 0
        for part in in_parts([owner.pk for owner in owners]):
            _total, by_model = Query.objects.filter(pk__in=part).delete()
            deleted += by_model.get("search.Query", 0)
        return deleted


class VectorFiles(FileSet):
    """Caches of vectors, on this machine's disk."""

    title = gettext_lazy("caches of vectors")
    remedy = gettext_lazy("Nothing is lost: they are made anew when they are needed.")

    @property
    def storage(self) -> Storage:
        return FileSystemStorage(location=root())

    def listing(self) -> Iterator[list[str]]:
        return walk("", self.storage)

    def named(self) -> Iterator[str]:
        for row in VectorFile.objects.order_by("pk"):
            yield from (name_of(row, suffix) for suffix in (VECTORS, CODES))

    def still_named(self, names: Sequence[str]) -> set[str]:
        marks = {mark for name in names if 0 < (mark := mark_of(Path(name))) < 2**63}
        rows = VectorFile.objects.filter(mark__in=marks)
        return {name_of(row, suffix) for row in rows for suffix in (VECTORS, CODES)} & set(names)

    def owners(self) -> Iterator[Owner]:
        for row in VectorFile.objects.order_by("pk"):
            title = _("vectors of “%(descriptor)s” (%(model_id)s)") % {
                "descriptor": row.descriptor,
                "model_id": printable(row.model_id),
            }
            # The row comes first, and the file when it is written.
            yield Owner(row.pk, name_of(row, VECTORS), title, since=row.created_at)

    def delete_rows(self, owners: Sequence[Owner]) -> int:
        return VectorFile.objects.filter(pk__in=[owner.pk for owner in owners]).delete()[0]


class Uploads(FileSet):
    """Uploads that a killed server left in the folder for temporary files."""

    title = gettext_lazy("unfinished uploads")

    @property
    def storage(self) -> Storage:
        return FileSystemStorage(location=settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())

    def listing(self) -> Iterator[list[str]]:
        names = []
        with suppress(FileNotFoundError), os.scandir(self.storage.path("")) as entries:
            for entry in entries:
                # The folder is everybody's: only what is ours by its name and by its owner.
                with suppress(FileNotFoundError):
                    if UPLOAD.fullmatch(entry.name) and is_own(entry):
                        names.append(entry.name)
        yield names

    def named(self) -> Iterator[str]:
        return iter(())

    def still_named(self, names: Sequence[str]) -> set[str]:
        return set()


def name_of(row: VectorFile, suffix: str) -> str:
    folder = folder_name(row.descriptor, row.model_id)
    return f"{folder}/{file_name(row.revision, row.mark, suffix)}"


def is_own(entry: os.DirEntry[str]) -> bool:
    """Tell whether this user made a regular file; on Windows temporary folders are each user's."""
    is_file = entry.is_file(follow_symlinks=False)
    if not is_file or not hasattr(os, "getuid"):
        return is_file
    return entry.stat(follow_symlinks=False).st_uid == os.getuid()
