"""Database triggers that record which images' vectors changed.

Signals would miss `bulk_create`, `update`, raw SQL and other programs; a trigger misses nothing,
so an engine that follows `VectorChange` is in step with the database whoever wrote to it.
They are (re)created after every `migrate`: on SQLite a migration that rebuilds the image table
drops its triggers with the old table.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

SUPPORTED_VENDORS = ("sqlite", "postgresql")
# Any number will do, as long as nothing else in the database uses it as an advisory lock.
ADVISORY_LOCK = 0x5349_5331

# A change of any of these makes a copied vector stale.
WATCHED = ("fc6", "fc6_model_id", "collection_id")

# DELETE and INSERT, not INSERT OR REPLACE: SQLite lets the outer statement's conflict clause
# override a trigger's, so `bulk_create(ignore_conflicts=True)` would lose the change.
RECORD = (
    "DELETE FROM catalog_vectorchange WHERE image_id = {row}.id; "
    "INSERT INTO catalog_vectorchange (image_id) VALUES ({row}.id);"
)


def sqlite_statements() -> list[str]:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in WATCHED)
    conditions = {
        "insert": ("AFTER INSERT", "NEW.fc6 IS NOT NULL", "NEW"),
        "update": (f"AFTER UPDATE OF {', '.join(WATCHED)}", changed, "NEW"),
        "delete": ("AFTER DELETE", "OLD.fc6 IS NOT NULL", "OLD"),
    }
    statements = []
    for event, (when, condition, row) in conditions.items():
        name = f"catalog_image_vector_{event}"
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} {when} ON catalog_image FOR EACH ROW WHEN {condition} "
            f"BEGIN {RECORD.format(row=row)} END",
        ]
    return statements


def postgresql_statements() -> list[str]:
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in WATCHED)
    # Sequence numbers are handed out before commit. Without the lock, a reader could see a later
    # number first and never look for the earlier one; with it, they become visible in order.
    statements = [
        "CREATE OR REPLACE FUNCTION catalog_record_vector_change() RETURNS trigger AS $body$ "
        "DECLARE changed catalog_image; BEGIN "
        "IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF; "
        f"PERFORM pg_advisory_xact_lock({ADVISORY_LOCK}); "
        f"{RECORD.format(row='changed')} RETURN NULL; END $body$ LANGUAGE plpgsql"
    ]
    conditions = {
        "insert": ("AFTER INSERT", "NEW.fc6 IS NOT NULL"),
        "update": (f"AFTER UPDATE OF {', '.join(WATCHED)}", changed),
        "delete": ("AFTER DELETE", "OLD.fc6 IS NOT NULL"),
    }
    for event, (when, condition) in conditions.items():
        name = f"catalog_image_vector_{event}"
        statements += [
            f"DROP TRIGGER IF EXISTS {name} ON catalog_image",
            f"CREATE TRIGGER {name} {when} ON catalog_image FOR EACH ROW WHEN ({condition}) "
            "EXECUTE FUNCTION catalog_record_vector_change()",
        ]
    return statements


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
    if not {"catalog_image", "catalog_vectorchange"} <= tables:
        return
    build = sqlite_statements if connection.vendor == "sqlite" else postgresql_statements
    with connection.cursor() as cursor:
        for statement in build():
            cursor.execute(statement)
