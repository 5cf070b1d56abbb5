"""Extraction shared by any number of workers: what is missing is cut into claims, which they take.

A claim belongs to whoever took it for as long as that job runs. Jobs of killed workers are found
to be lost within a minute (`work.ending`), and what they held is taken by others.
"""

from collections.abc import Iterator, Sequence

from django.db import connection, transaction
from django.db.models import Q

from work.models import State

from .claim_models import Claim
from .descriptors import PictureDescriptor

# Pictures of the next batch are decoded while the network works on one.
BATCHES_IN_CLAIM = 4


def cut_into_claims(
    *, ids: Sequence[int], descriptor: PictureDescriptor, batch_size: int
) -> list[Claim]:
    """Store claims on these images, but on those that are in one already; returns the new ones."""
    with transaction.atomic():
        known = {image for claim in Claim.objects.of(descriptor) for image in claim.images}
        waiting = [image for image in ids if image not in known]
        claims = [
            Claim(descriptor=descriptor.name, batch_size=batch_size, images=part, size=len(part))
            for part in parts(waiting, batch_size * BATCHES_IN_CLAIM)
        ]
        return Claim.objects.bulk_create(claims)


def parts(ids: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def take(*, descriptor: PictureDescriptor, job: int | None) -> Claim | None:
    """Return the first claim that nobody works on, which is this job's now; None without one."""
    with transaction.atomic():
        free = Claim.objects.of(descriptor).filter(is_free())
        # Others take the next one instead of waiting; SQLite lets one writer in at a time anyway.
        skip = connection.features.has_select_for_update_skip_locked
        claim = free.select_for_update(skip_locked=skip, of=("self",) if skip else ()).first()
        if claim is not None:
            claim.job_id = job
            claim.save(update_fields=["job"])
        return claim


def is_free() -> Q:
    """Whose claims nobody works on: not taken, or by a job that has ended, however it did."""
    return Q(job=None) | ~Q(job__state=State.RUNNING)
