"""The catalogue's files: pictures, and their renditions."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from django.core.files.storage import Storage
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Collection, Image
from ..names import printable
from ..querysets import in_parts
from .aliases import thumbnail_storage
from .filesets import FileSet, Owner, storable
from .media import walk
from .thumbnails import FOLDER, SIZES, rendition_name

HASH = re.compile(r"[0-9a-f]{64}")


class Pictures(FileSet):
    """What imports brought into the storage."""

    title = gettext_lazy("pictures")
    remedy = gettext_lazy("Import the same folder again, and the files come back.")

    def listing(self) -> Iterator[list[str]]:
        return walk("images", self.storage)

    def named(self) -> Iterator[str]:
        # Those of other folders too: an import from the storage may have found its files here.
        return Image.objects.order_by().values_list("file", flat=True).iterator()

    def still_named(self, names: Sequence[str]) -> set[str]:
        rows = with_contents({found[0] for name in names if (found := HASH.search(name))})
        named = set(rows.values_list("file", flat=True))
        # What no import of ours has named: no index knows it.
        others = storable([name for name in names if not HASH.search(name)])
        named |= set(Image.objects.filter(file__in=others).values_list("file", flat=True))
        return named.intersection(names)

    def rows(self) -> QuerySet:
        return Image.objects.filter(external=False)

    def owners(self) -> Iterator[Owner]:
        rows = self.rows().order_by("collection__slug", "name")
        values = rows.values_list("pk", "file", "name", "collection__slug")
        for pk, file, name, slug in values.iterator():
            words = {"name": printable(name), "collection": slug}
            yield Owner(pk, file, _("image “%(name)s” of collection “%(collection)s”") % words)

    def delete_rows(self, owners: Sequence[Owner]) -> int:
        deleted = 0
        for part in in_parts([owner.pk for owner in owners]):
            _total, by_model = Image.objects.filter(pk__in=part).delete()
            deleted += by_model.get("catalog.Image", 0)
        return deleted


class ExternalPictures(Pictures):
    """What was in the storage before its import. The files are somebody else's."""

    title = gettext_lazy("pictures imported from the storage")
    remedy = gettext_lazy("Put the files back where they were, or import from the storage again.")
    files_without_rows = False

    def listing(self) -> Iterator[list[str]]:
        files = self.rows().order_by().values_list("file", flat=True).iterator()
        for folder in sorted({posixpath.dirname(file) for file in files}):
            try:
                _folders, names = self.storage.listdir(folder)
            except FileNotFoundError:
                continue
            yield [posixpath.join(folder, name) for name in names]

    def still_named(self, names: Sequence[str]) -> set[str]:
        rows = Image.objects.filter(file__in=storable(names))
        return set(rows.values_list("file", flat=True))

    def rows(self) -> QuerySet:
        return Image.objects.filter(external=True)


class Renditions(FileSet):
    """Thumbnails. One that is missing is made at the next request."""

    title = gettext_lazy("thumbnails")

    @property
    def storage(self) -> Storage:
        return thumbnail_storage

    def listing(self) -> Iterator[list[str]]:
        return walk(FOLDER, self.storage)

    def named(self) -> Iterator[str]:
        contents = Image.objects.order_by().values_list("sha256", flat=True).distinct()
        for sha256 in contents.iterator():
            yield from (rendition_name(sha256, size) for size in SIZES)

    def still_named(self, names: Sequence[str]) -> set[str]:
        rows = with_contents({found[0] for name in names if (found := HASH.search(name))})
        contents = set(rows.values_list("sha256", flat=True))
        return {rendition_name(sha256, size) for sha256 in contents for size in SIZES} & set(names)


def with_contents(hashes: set[str]) -> QuerySet:
    """Return the images of these contents, by the index on (collection, sha256)."""
    return Image.objects.filter(collection__in=Collection.objects.values("pk"), sha256__in=hashes)
