"""Codes of the vectors, in memory or in a file beside them. Pure NumPy, no Django."""

from pathlib import Path
from typing import Any

import numpy as np

from ...index.array_file import ArrayFile, ArrayFileError, ArrayFileWriter
from ...index.rows import Rows
from .bounds import Bounds, CodeArray, encode_rows, scale_for

# Rows coded at a time: the intermediate results fit a processor's cache.
CODE_ROWS = 256

StoredCodes = tuple[CodeArray, Bounds, tuple[ArrayFile, ...]]


def code_in_memory(rows: Rows) -> tuple[CodeArray, Bounds]:
    """Return the codes of all rows and their bounds; raises `NegativeComponents`."""
    codes = np.empty(rows.matrix.shape, dtype=np.uint8)
    bounds = Bounds(scale_for(largest_component(rows)))
    for first, chunk in rows.chunks(0, len(codes), CODE_ROWS):
        codes[first : first + len(chunk)], found = encode_rows(chunk, bounds.scale)
        bounds = bounds.joined(found)
    return codes, bounds


def write_codes(
    path: Path, rows: Rows, *, facts: dict[str, Any], largest: float | None = None
) -> None:
    """Write the codes of all rows and their bounds, with `facts`, to a file.

    `largest` is the largest component, if it is known. Raises `NegativeComponents`, `OSError` and
    `ArrayFileError`.
    """
    count, dim = rows.matrix.shape
    bounds = Bounds(scale_for(largest_component(rows) if largest is None else largest))
    with ArrayFileWriter(path) as writer:
        writer.begin("codes", np.uint8, dim)
        for _first, chunk in rows.chunks(0, count, CODE_ROWS):
            codes, found = encode_rows(chunk, bounds.scale)
            writer.write(codes)
            bounds = bounds.joined(found)
        writer.publish({**facts, "bounds": bounds.facts()})


def open_codes(path: Path, rows: Rows, *, mark: int | None) -> StoredCodes:
    """Return the codes in a file, mapped, their bounds, and the file.

    Raises `ArrayFileError` where it is damaged or not of `rows`, `OSError` where there is none.
    """
    file = ArrayFile(path)
    codes: CodeArray = file.array("codes")
    if codes.shape != rows.matrix.shape or file.facts.get("mark") != mark:
        raise ArrayFileError(f"{path.name} is not of these vectors")
    return codes, Bounds(**file.facts["bounds"]), (file,)


def largest_component(rows: Rows) -> float:
    count = len(rows.matrix)
    return max((float(chunk.max()) for _, chunk in rows.chunks(0, count, CODE_ROWS)), default=0.0)
