"""Who sees which collections, and with them the images, searches and results that they are of."""

from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.apps import apps
from django.db import models

# With it an account sees every collection, whomever it is for.
SEES_ALL = "catalog.see_every_collection"

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


def hidden_from(user: Any) -> list[int]:
    """Return the keys of the collections that are for groups of which this user is in none.

    Where none is for groups, which is asked first, nobody asks who the user is: such answers depend
    on no cookie, and caches may share them.
    """
    collections = apps.get_model("catalog.Collection").objects.order_by()
    for_groups = collections.filter(groups__isnull=False)
    keys = set(for_groups.values_list("pk", flat=True))
    if not keys or user.has_perm(SEES_ALL):
        return []
    if user.is_authenticated:
        keys -= set(for_groups.filter(groups__user=user).values_list("pk", flat=True))
    return sorted(keys)


def jobs_of_hidden_collections(user: Any) -> models.Q | None:
    """Which jobs are about collections that are hidden from this user."""
    hidden = hidden_from(user)
    return models.Q(arguments__collection__in=hidden) if hidden else None


class VisibleQuerySet(models.QuerySet[ModelT]):
    """Rows that are about a collection. `of_collection` are the paths from a row to its key."""

    of_collection: tuple[str, ...] = ("collection",)

    def visible_to(self, user: Any) -> Self:
        """Those that are not of a collection which is hidden from this user."""
        if not (hidden := hidden_from(user)):
            return self
        found = self
        for path in self.of_collection:
            found = found.exclude(**{f"{path}__in": hidden})
        return found


@dataclass(frozen=True, slots=True)
class Scope:
    """What is searched: one `Collection`, or, with None, all that somebody sees.

    `keys` are the primary keys of the collections, None for every one.
    """

    collection: Any = None  # models import this module, so it cannot name them
    keys: frozenset[int] | None = None

    @classmethod
    def of(cls, collection: Any) -> "Scope":
        """One collection; None: every one."""
        return cls(collection, frozenset([collection.pk])) if collection else cls()

    @classmethod
    def all_seen_by(cls, user: Any) -> "Scope":
        """Every collection that this user sees."""
        if not (hidden := hidden_from(user)):
            return cls()
        collections = apps.get_model("catalog.Collection").objects.order_by()
        return cls(None, frozenset(collections.values_list("pk", flat=True)) - set(hidden))


EVERYTHING = Scope()
