"""Checksums of large files, remembered. Pure: no Django."""

import hashlib
import json
import os
import tempfile
from pathlib import Path


def file_digest(path: Path, algorithm: str, *, memory: Path) -> str:
    """Return the hexadecimal checksum of a file, from `memory` where the file has not changed.

    `memory` is a JSON file; a file counts as unchanged while its path, size and time of change
    are the same. Hashing 500 MB takes a second, which every start would pay. A `memory` that
    cannot be read or written is only slower.
    """
    status = path.stat()
    key = f"{algorithm}:{path.resolve()}:{status.st_size}:{status.st_mtime_ns}"
    known = recall(memory)
    if key not in known:
        with path.open("rb") as file:
            known[key] = hashlib.file_digest(file, algorithm).hexdigest()
        remember(memory, known)
    return known[key]


def recall(memory: Path) -> dict[str, str]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(memory: Path, known: dict[str, str]) -> None:
    """Replace the file in one step: another process reads the old one or the new one."""
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=memory.parent, prefix=memory.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(known, file, indent=1)
            Path(name).replace(memory)
        finally:
            Path(name).unlink(missing_ok=True)  # where the disk is full
    except OSError:
        return
