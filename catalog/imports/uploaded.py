"""Files that a form brought, as a source of an import."""

import hashlib
from collections.abc import Mapping

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from .listing import Listing
from .sources import Content, Facts, FileRefused


class UploadSource:
    """Uploaded files by name; `taken` are the collection's names with their SHA-256."""

    trusts_facts = False
    names_refused = True

    def __init__(self, files: Mapping[str, UploadedFile], *, taken: Mapping[str, str]) -> None:
        self.files, self.taken = files, taken

    def listing(self) -> Listing:
        return Listing(names=sorted(self.files))

    def facts(self, name: str) -> Facts:
        return Facts(size=self.files[name].size or 0, modified=None)

    def read(self, name: str) -> Content:
        file = self.files[name]
        file.seek(0)
        data = file.read()
        other = self.taken.get(name)
        if other is not None and other != hashlib.sha256(data).hexdigest():
            raise FileRefused(
                _(
                    "The collection has another picture of this name. Rename the file, or delete "
                    "that picture first."
                )
            )
        return Content(data)

    def key(self, name: str) -> str | None:
        return None
