"""What the settings need before Django is up: safe local defaults, and no guesses in production."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def local_secret_key(path: Path) -> str:
    """Return the key kept in `path`, making it on first use.

    The file is created with exclusive access, so that two processes starting together
    agree on one key, and is readable by its owner only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise ImproperlyConfigured(f"{path} is empty: delete it, and a new key will be made.")
    return key


def require_in_production(name: str, value: object) -> None:
    """Raise `ImproperlyConfigured` where a value that production must have is empty."""
    if not value:
        raise ImproperlyConfigured(
            f"SIS_PRODUCTION is on, so {name} must be set: there is no safe default for it."
        )


def sqlite_options(config: dict) -> None:
    """Let readers and one writer work at once, and writers queue instead of failing.

    Write-ahead logging keeps every committed batch through a killed process; IMMEDIATE takes the
    write lock at the start of a transaction, where waiting for it is possible.
    """
    config.setdefault("OPTIONS", {}).update(
        timeout=60,
        transaction_mode="IMMEDIATE",
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    )


def bounded_storage(backend: str) -> str:
    """Return the storage back end to use for the one that is named: S3's with bounds on waiting."""
    theirs = ("storages.backends.s3.S3Storage", "storages.backends.s3boto3.S3Boto3Storage")
    return "catalog.bucket.BoundedS3Storage" if backend in theirs else backend
