"""The inverted file: for every word the images that have it, with their codes. No Django."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.descriptors.local.aggregation import (
    CODE_BYTES,
    MOST_WORDS,
    Aggregated,
    without_words,
)

from ...index.array_file import ArrayFile, ArrayFileError, ArrayFileWriter
from ...index.ranking import BoolArray, Int64Array

POSTINGS_AT_A_TIME = 1 << 20

OF_IMAGES = ("ids", "collections", "lengths")
ARRAYS = (*OF_IMAGES, "words", "starts", "rows", "first", "second")

Halves = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Postings:
    """N images with P postings: posting p of word `words[u]`, where `starts[u] <= p < starts[u+1]`,
    says that image `ids[rows[p]]` has the word, and the halves of its code there.

    `ids`, `alive`, `collections` and `lengths` (how many words) are (N,), `words` (U,) uint16
    ascending, `starts` (U + 1,) int64, `rows` (P,) int32, `first` and `second` (P,) uint64: one
    operation compares 64 bits. Never changed: `without` returns new ones. `mark` and `files` are
    as those of `index.snapshot.Base`.
    """

    ids: Int64Array
    alive: BoolArray
    collections: Int64Array
    lengths: npt.NDArray[np.int32]
    words: npt.NDArray[np.uint16]
    starts: Int64Array
    rows: npt.NDArray[np.int32]
    first: Halves
    second: Halves
    mark: int | None = None
    files: tuple[ArrayFile, ...] = ()

    def chosen(self, within: frozenset[int] | None) -> BoolArray:
        """Return which of the images (N,) are alive, in some collections or in all."""
        if within is None:
            return self.alive
        return self.alive & np.isin(self.collections, np.array(sorted(within), np.int64))

    def without(self, ids: npt.ArrayLike) -> "Postings":
        return replace(self, alive=self.alive & ~np.isin(self.ids, ids))

    def write_to(self, writer: ArrayFileWriter) -> dict[str, Any]:
        """Write all arrays but `alive`, which is taken to be true of all; no further facts."""
        for name in ARRAYS:
            array = getattr(self, name)
            writer.begin(name, array.dtype, *array.shape[1:])
            for start in range(0, len(array), POSTINGS_AT_A_TIME):
                writer.write(array[start : start + POSTINGS_AT_A_TIME])
        return {}


def invert(collection: int, ids: Sequence[int], images: Sequence[Aggregated]) -> Postings:
    """Return the postings of images of one collection."""
    lengths = np.array([len(one) for one in images], np.int32)
    every = images or [without_words()]
    return by_word(
        np.array(ids, np.int64),
        np.full(len(ids), collection, np.int64),
        lengths,
        np.concatenate([one.words for one in every]),
        np.repeat(np.arange(len(images), dtype=np.int32), lengths),
        *halves(np.concatenate([one.codes for one in every])),
    )


def halves(codes: npt.NDArray[np.uint8]) -> tuple[Halves, Halves]:
    """Return codes (P, 16) as two numbers each."""
    pairs = np.ascontiguousarray(codes).view(np.uint64).reshape(-1, CODE_BYTES // 8)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def joined(parts: Sequence[Postings]) -> Postings:
    """Return one inverted file of all that is alive in several.

    Each part's postings go straight to their places: beside the parts and the whole, no copy.
    """
    kept = [part.alive[part.rows] for part in parts]
    counts = [counted(part, alive) for part, alive in zip(parts, kept, strict=True)]
    total = np.sum(counts, axis=0)
    free = np.cumsum(total) - total  # where the next posting of each word goes
    words = np.flatnonzero(total)
    starts = np.append(free[words], total.sum())
    rows = np.empty(starts[-1], np.int32)
    first, second = np.empty(len(rows), np.uint64), np.empty(len(rows), np.uint64)
    images = 0
    for part, alive, own in zip(parts, kept, counts, strict=True):
        places = np.arange(own.sum()) + np.repeat(free - (np.cumsum(own) - own), own)
        number = np.cumsum(part.alive, dtype=np.int32) + np.int32(images - 1)
        rows[places] = number[part.rows[alive]]
        first[places], second[places] = part.first[alive], part.second[alive]
        free += own
        images += int(np.count_nonzero(part.alive))
    ids, collections, lengths = (
        np.concatenate([getattr(part, name)[part.alive] for part in parts]) for name in OF_IMAGES
    )
    return Postings(
        ids=ids,
        collections=collections,
        lengths=lengths,
        alive=np.ones(images, np.bool_),
        words=words.astype(np.uint16),
        starts=starts,
        rows=rows,
        first=first,
        second=second,
    )


def counted(part: Postings, kept: BoolArray) -> Int64Array:
    """Return how many of the postings that are kept each word has: (65,536,)."""
    words = np.repeat(part.words, np.diff(part.starts))
    return np.bincount(words[kept], minlength=MOST_WORDS)


def by_word(
    ids: Int64Array,
    collections: Int64Array,
    lengths: npt.NDArray[np.int32],
    words: npt.NDArray[np.uint16],
    rows: npt.NDArray[np.int32],
    first: Halves,
    second: Halves,
) -> Postings:
    """Return postings (P,) in any order as an inverted file."""
    order = np.argsort(words, kind="stable")
    own, counts = np.unique(words, return_counts=True)
    return Postings(
        ids=ids,
        alive=np.ones(len(ids), np.bool_),
        collections=collections,
        lengths=lengths,
        words=own,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=rows[order],
        first=first[order],
        second=second[order],
    )


def no_postings() -> Postings:
    return invert(0, [], [])


def open_postings(file: ArrayFile) -> Postings:
    """Return the postings in a file, mapped; raises `ArrayFileError` where they do not fit."""
    arrays = {name: file.array(name) for name in ARRAYS}
    for name in (*OF_IMAGES, "words", "starts"):
        arrays[name] = arrays[name].copy()  # small, and used whole by every search
    images, number = len(arrays["ids"]), len(arrays["rows"])
    fits = (
        arrays["collections"].shape == arrays["lengths"].shape == (images,)
        and arrays["starts"].shape == (len(arrays["words"]) + 1,)
        and arrays["starts"][-1] == number
        and arrays["first"].shape == arrays["second"].shape == (number,)
    )
    if not fits:
        raise ArrayFileError(f"{file.path.name} has arrays that do not fit together")
    alive = np.ones(images, np.bool_)
    return Postings(alive=alive, mark=file.facts["mark"], files=(file,), **arrays)
