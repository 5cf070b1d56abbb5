"""Which storage holds what. Pictures lie in the default one; thumbnails and the pictures of stored
queries too, unless settings give them one of their own.
"""

from typing import Any, cast

from django.conf import settings
from django.core.files.storage import Storage, default_storage, storages
from django.core.signals import setting_changed
from django.utils.functional import LazyObject, empty

THUMBNAILS, QUERIES = "thumbnails", "queries"


class NamedStorage(LazyObject):
    """The storage of this name, or the default one where settings have none of this name."""

    def __init__(self, alias: str) -> None:
        # A lazy object passes on what is set.
        self.__dict__["alias"] = alias
        super().__init__()
        setting_changed.connect(self.look_again)

    # So that a model's field can have it before any storage is made, as where settings are wrong.
    __class__ = property(lambda self: Storage)

    def _setup(self) -> None:
        alias = self.__dict__["alias"]
        found: Any = storages[alias] if alias in settings.STORAGES else default_storage
        self._wrapped = found

    def look_again(self, *, setting: str, **_signal: Any) -> None:
        if setting == "STORAGES":
            self._wrapped = empty


thumbnail_storage = cast(Storage, NamedStorage(THUMBNAILS))
_query_storage = cast(Storage, NamedStorage(QUERIES))


def query_storage() -> Storage:
    """As a model's field asks for it, whose migrations must not name one server's storage."""
    return _query_storage


def storage_holding(name: str) -> Storage:
    """Return the storage of an original or of a stored query's picture, by the file's name."""
    return _query_storage if name.startswith("queries/") else default_storage


def originals_and_queries() -> tuple[Storage, ...]:
    """The storages whose files cannot be made anew."""
    return default_storage, _query_storage
