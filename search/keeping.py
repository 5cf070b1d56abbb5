"""Keeps stored queries: a row and its picture's file together, one file for a query and the parts
of it, and all of them within an age and a quota.

A file is written before its row and deleted after it: a process killed in between leaves at most a
file without a row, never a row without a file.
"""

import logging
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from catalog.descriptors import Description, PictureDescriptor
from catalog.pixels import Fault, PictureError
from work.room import Room

from .models import ROW_BYTES, Query, QueryQuerySet, QueryVector, stored_path

logger = logging.getLogger(__name__)

# What one new query may delete to make room for itself; `purge_queries` has no such limit.
MOST_AT_ONCE = 50


# What a query is searched with, by descriptor.
Described = Mapping[PictureDescriptor, Description]


def store_query(query: Query, *, content: bytes, described: Described) -> Query:
    """Save the row, its vectors and its picture: all, or none of them.

    Must not be called within a transaction: what fails at its end would leave the file.
    """
    try:
        query.picture.save("picture.jpg", ContentFile(content), save=False)
        query.byte_size = len(content)
        with transaction.atomic(durable=True):
            insert(query, described)
    except BaseException:
        # A disk that is full leaves a part of the file, and no name on the row.
        discard(query.picture.name or stored_path(query, ""))
        raise
    keep_within_quota(newest=query)
    return query


def store_part(part: Query, *, of: Query, described: Described) -> Query:
    """Save a query for a part of the picture of another one, whose file it shares.

    Raises `PictureError` where the other one is gone.
    """
    with transaction.atomic(durable=True):
        # Locked, so that whoever deletes it waits, and then sees that the file is still needed.
        kept = Query.objects.select_for_update().filter(pk=of.pk).first()
        if kept is None:
            raise PictureError(Fault.MISSING, _("The picture of this query is gone."))
        part.picture, part.byte_size = kept.picture.name, kept.byte_size
        insert(part, described)
    keep_within_quota(newest=part)
    return part


def insert(query: Query, described: Described) -> None:
    query.save(force_insert=True)
    keep_vectors(query, described)


def keep_vectors(query: Query, described: Described) -> None:
    """Store a query's vectors; raises `IntegrityError` where the query is deleted meanwhile."""
    with transaction.atomic():
        for descriptor, description in described.items():
            QueryVector.objects.update_or_create(
                query=query,
                descriptor=descriptor.name,
                defaults={
                    "model_id": descriptor.model_id,
                    "data": descriptor.encode(description),
                },
            )


def discard(name: str) -> None:
    """Delete a picture's file. What the storage has against it is logged, and stops nobody: it is
    called where something failed already, or when the rows are gone."""
    try:
        Query._meta.get_field("picture").storage.delete(name)
    except Exception:  # clients of buckets raise errors of their own
        logger.exception("The file %s of a stored query cannot be deleted.", name)


def delete_query(pk: UUID) -> bool:
    """Delete one query, and its picture's file with the last row that has it.

    False where it was gone already.
    """
    with transaction.atomic():
        name = Query.objects.filter(pk=pk).values_list("picture", flat=True).first()
        if name is None:
            return False
        # All rows with this file, in one order: of several deletions at once each waits for the
        # one before, so that the last one knows that it is the last.
        list(Query.objects.select_for_update().filter(picture=name).order_by("pk"))
        deleted, _by_model = Query.objects.filter(pk=pk).delete()
        # Asked anew: the rows above are those from before the wait.
        if name and not Query.objects.filter(picture=name).exists():
            transaction.on_commit(lambda: discard(name), robust=True)
    return bool(deleted)


def delete_queries(pks: Iterable[UUID]) -> int:
    return sum(delete_query(pk) for pk in pks)


def purge_queries(*, queries: QueryQuerySet) -> int:
    """Delete queries and their pictures; returns how many."""
    return delete_queries(list(queries.values_list("pk", flat=True)))


def make_room(*, newest: Query | None = None, at_most: int | None = None) -> int:
    """Delete the oldest queries until the rest fit into `SIS_QUERY_QUOTA_BYTES` (0: no quota).

    `newest` stays, however large it is. Returns how many were deleted. Several processes may do
    so at once: what one has deleted, another counts as gone.
    """
    deleted = 0
    while at_most is None or deleted < at_most:
        chosen = oldest_beyond_quota(newest)[:at_most]
        if not chosen:
            break
        deleted += delete_queries(chosen)
    return deleted


def oldest_beyond_quota(newest: Query | None) -> list[UUID]:
    """Return the oldest queries, as many as would have to go if none shared its file."""
    quota = settings.SIS_QUERY_QUOTA_BYTES
    excess = Query.objects.used_bytes() - quota if quota else 0
    if excess <= 0:
        return []
    others = Query.objects.exclude(pk=newest.pk) if newest else Query.objects.all()
    chosen: list[UUID] = []
    rows = others.order_by("created_at", "pk").values_list("pk", "byte_size")
    for pk, byte_size in rows.iterator():
        if excess <= 0:
            break
        chosen.append(pk)
        excess -= byte_size + ROW_BYTES
    return chosen


def keep_within_quota(*, newest: Query) -> None:
    """Make room after a query was stored, which stays stored whatever becomes of that."""
    try:
        make_room(newest=newest, at_most=MOST_AT_ONCE)
    except DatabaseError:
        logger.exception("Older stored queries cannot be deleted to keep SIS_QUERY_QUOTA_BYTES.")


def measure_pictures() -> None:
    """Write the sizes of files that are unknown: of queries that a former release stored."""
    for query in Query.objects.filter(byte_size=0).exclude(picture=""):
        try:
            size = query.picture.size
        except FileNotFoundError:
            continue
        except Exception:  # clients of buckets raise errors of their own; the next run goes on
            logger.exception("The file %s cannot be measured.", query.picture.name)
            return
        Query.objects.filter(picture=query.picture.name).update(byte_size=size)


def stored_queries() -> Iterable[Room]:
    """Yield the room that stored queries take, of their quota."""
    used = Query.objects.all().used_bytes()
    yield Room(_("Stored queries"), used, settings.SIS_QUERY_QUOTA_BYTES)
