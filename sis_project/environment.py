"""What the settings need before Django is up: safe local defaults, and no guesses in production."""

import os
import re
import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SECONDS_TO_WRITE_KEY = 2.0
SECONDS_TO_CONNECT = 5
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def local_secret_key(path: Path) -> str:
    """Return the key kept in `path`, making it on first use; only its owner can read the file.

    Processes that start together agree on one key. Raises `ImproperlyConfigured` where it cannot
    be made or read, or is empty.
    """
    try:
        if not path.exists():
            make_key_file(path)
        key = read_key(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"The secret key in {path} cannot be made or read ({error}): mend its folder, name "
            "another with SIS_VAR_DIR, or set DJANGO_SECRET_KEY."
        ) from error
    if not key:
        raise ImproperlyConfigured(f"{path} is empty: delete it, and a new key will be made.")
    return key


def make_key_file(path: Path) -> None:
    """Write a new key to `path`, unless another process was first."""
    key = secrets.token_urlsafe(50)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key)
        with suppress(FileExistsError):
            link_or_write(Path(name), path, key)
    finally:
        Path(name).unlink(missing_ok=True)


def link_or_write(whole: Path, path: Path, key: str) -> None:
    """Give the file `whole` the name `path`; raises `FileExistsError` where that is taken."""
    try:
        os.link(whole, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the file is empty for a moment
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)


def read_key(path: Path) -> str:
    """Return what is in `path`, waiting a little while another process may still write it."""
    deadline = time.monotonic() + SECONDS_TO_WRITE_KEY
    while not (key := path.read_text(encoding="ascii").strip()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return key


def require_in_production(name: str, value: object) -> None:
    """Raise `ImproperlyConfigured` where a value that production must have is empty."""
    if not value:
        raise ImproperlyConfigured(
            f"SIS_PRODUCTION is on, so {name} must be set: there is no safe default for it."
        )


def declared(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return what is declared by name: ours, with theirs added or instead; None takes one away."""
    return {name: value for name, value in (ours | theirs).items() if value is not None}


def path_prefix(value: str) -> str:
    """Return what addresses begin with where the site is not at the root, as `/pictures`; or ''.

    Raises `ImproperlyConfigured` for what no address can begin with.
    """
    prefix = value.rstrip("/")
    if prefix and not PREFIX.fullmatch(prefix):
        raise ImproperlyConfigured(
            f"SIS_PATH_PREFIX is {value!r}: write it as /pictures, with letters, digits and -._~."
        )
    return prefix


def sqlite_options(config: dict) -> None:
    """Let readers and one writer work at once, and writers queue instead of failing.

    Write-ahead logging keeps every committed batch through a killed process (`sqlite.py` switches
    it on); IMMEDIATE takes the write lock at the start of a transaction, where waiting for it is
    possible.
    """
    config.setdefault("OPTIONS", {}).update(
        timeout=60,
        transaction_mode="IMMEDIATE",
        init_command="PRAGMA synchronous=NORMAL;",
    )


def one_of(name: str, value: str, choices: Sequence[str]) -> str:
    """Return the value; raises `ImproperlyConfigured` where it is not one of the choices."""
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: write {' or '.join(choices)}.")
    return value


def for_whom(name: str, value: list[str]) -> list[str]:
    """Return for whom a part of the site is: `everyone`, `accounts`, or names of groups.

    Raises `ImproperlyConfigured` where that is nobody, or not one of the three.
    """
    if not value or ({"everyone", "accounts"} & set(value) and len(value) > 1):
        raise ImproperlyConfigured(
            f"{name} is {','.join(value)!r}: write everyone, accounts, or names of groups with "
            "commas between."
        )
    return value


def postgresql_options(config: dict, *, connections: int) -> None:
    """Let requests share at most so many connections of each process, and wait 5 s for one.

    With 0 each thread keeps its own, as where a pool of the server's own stands between. A
    connection is tried before it is used: after the server was away the next request goes on.
    """
    config["CONN_HEALTH_CHECKS"] = True
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", SECONDS_TO_CONNECT)
    if connections == 0:
        config.setdefault("CONN_MAX_AGE", 60)
        return
    config["CONN_MAX_AGE"] = 0  # the pool keeps them
    options["pool"] = {
        "min_size": 1,
        "max_size": connections,
        "timeout": SECONDS_TO_CONNECT,
        # Then it gives up until somebody asks: otherwise it would try less and less often.
        "reconnect_timeout": SECONDS_TO_CONNECT,
    }


def bounded_storage(backend: str) -> str:
    """Return the storage back end to use for the one that is named: S3's with bounds on waiting."""
    theirs = ("storages.backends.s3.S3Storage", "storages.backends.s3boto3.S3Boto3Storage")
    return "catalog.files.bucket.BoundedS3Storage" if backend in theirs else backend
