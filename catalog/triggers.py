"""Database triggers that record which images' vectors changed.

Signals would miss `bulk_create`, `update`, raw SQL and other programs; a trigger misses nothing,
so an engine that follows `VectorChange` is in step with the database whoever wrote to it.
They are (re)created after every `migrate`: on SQLite a migration that rebuilds the image table
drops its triggers with the old table.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

SUPPORTED_VENDORS = ("sqlite", "postgresql")
# Any number will do, as long as nothing else in the database uses it as an advisory lock.
ADVISORY_LOCK = 0x5349_5331

# DELETE and INSERT, not INSERT OR REPLACE: SQLite lets the outer statement's conflict clause
# override a trigger's, so `bulk_create(ignore_conflicts=True)` would lose the change.
RECORD = (
    "DELETE FROM catalog_vectorchange WHERE image_id = {image} AND descriptor = {descriptor}; "
    "INSERT INTO catalog_vectorchange (image_id, descriptor) VALUES ({image}, {descriptor});"
)
# An image that moves to another collection takes the vectors along that other rows hold.
RECORD_ALL = (
    "DELETE FROM catalog_vectorchange WHERE image_id = {row}.id AND descriptor IN "
    "(SELECT descriptor FROM catalog_imagevector WHERE image_id = {row}.id); "
    "INSERT INTO catalog_vectorchange (image_id, descriptor) "
    "SELECT image_id, descriptor FROM catalog_imagevector WHERE image_id = {row}.id;"
)


@dataclass(frozen=True, slots=True)
class Watch:
    """A trigger: what it watches, and what it records about the changed `row` (NEW or OLD).

    `changed`: columns of which a change of any fires it; `present`: a column that must not be
    null; one or the other.
    """

    table: str
    name: str
    event: str
    row: str
    record: str
    changed: tuple[str, ...] = ()
    present: str = ""

    def when(self, differs: str) -> str:
        """The condition; `differs` is the database's null-safe "is not equal to"."""
        if self.present:
            return f"{self.row}.{self.present} IS NOT NULL"
        return " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in self.changed)

    @property
    def timing(self) -> str:
        columns = f" OF {', '.join(self.changed)}" if self.changed else ""
        return f"AFTER {self.event}{columns}"

    @property
    def recording(self) -> str:
        return self.record.format(row=self.row)


def watches() -> list[Watch]:
    column = RECORD.format(image="{row}.id", descriptor="'fc6'")
    other = RECORD.format(image="{row}.image_id", descriptor="{row}.descriptor")
    watched = ("fc6", "fc6_model_id", "collection_id")
    image, vector = "catalog_image", "catalog_imagevector"
    return [
        Watch(image, "vector_insert", "INSERT", "NEW", column, present="fc6"),
        Watch(image, "vector_update", "UPDATE", "NEW", column, changed=watched),
        Watch(image, "vector_delete", "DELETE", "OLD", column, present="fc6"),
        Watch(image, "vectors_move", "UPDATE", "NEW", RECORD_ALL, changed=("collection_id",)),
        Watch(vector, "insert", "INSERT", "NEW", other, present="data"),
        Watch(vector, "update", "UPDATE", "NEW", other, changed=("data", "model_id")),
        Watch(vector, "delete", "DELETE", "OLD", other, present="data"),
        # Nothing of ours gives a vector to another image, but other programs may.
        Watch(vector, "leave", "UPDATE", "OLD", other, changed=("image_id", "descriptor")),
        Watch(vector, "arrive", "UPDATE", "NEW", other, changed=("image_id", "descriptor")),
    ]


def sqlite_statements() -> list[str]:
    return [
        statement
        for watch in watches()
        for statement in (
            f"DROP TRIGGER IF EXISTS {watch.table}_{watch.name}",
            f"CREATE TRIGGER {watch.table}_{watch.name} {watch.timing} ON {watch.table} "
            f"FOR EACH ROW WHEN {watch.when('IS NOT')} BEGIN {watch.recording} END",
        )
    ]


def postgresql_statements() -> list[str]:
    # Sequence numbers are handed out before commit. Without the lock, a reader could see a later
    # number first and never look for the earlier one; with it, they become visible in order.
    return [
        statement
        for watch in watches()
        for statement in (
            f"CREATE OR REPLACE FUNCTION {watch.table}_{watch.name}() RETURNS trigger AS $body$ "
            f"BEGIN PERFORM pg_advisory_xact_lock({ADVISORY_LOCK}); {watch.recording} "
            "RETURN NULL; END $body$ LANGUAGE plpgsql",
            f"DROP TRIGGER IF EXISTS {watch.table}_{watch.name} ON {watch.table}",
            f"CREATE TRIGGER {watch.table}_{watch.name} {watch.timing} ON {watch.table} "
            f"FOR EACH ROW WHEN ({watch.when('IS DISTINCT FROM')}) "
            f"EXECUTE FUNCTION {watch.table}_{watch.name}()",
        )
    ]


def install(*, using: str = "default", **_signal: Any) -> None:
    """Create the triggers on database `using`; safe to repeat.

    Raises `ImproperlyConfigured` on a database other than SQLite and PostgreSQL. Does nothing
    while the tables are not there yet (`migrate` to an earlier state).
    """
    connection = connections[using]
    if connection.vendor not in SUPPORTED_VENDORS:
        raise ImproperlyConfigured(
            f"DATABASE_URL names a {connection.vendor} database; "
            f"supported are {' and '.join(SUPPORTED_VENDORS)}."
        )
    tables = set(connection.introspection.table_names())
    if not {"catalog_image", "catalog_imagevector", "catalog_vectorchange"} <= tables:
        return
    build = sqlite_statements if connection.vendor == "sqlite" else postgresql_statements
    with connection.cursor() as cursor:
        for statement in build():
            cursor.execute(statement)
