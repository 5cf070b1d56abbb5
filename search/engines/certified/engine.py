"""The certified engine: exact answers from eight-bit codes, each with a proof.

The codes are searched first; the best rows are measured exactly, and bounds on what the codes
round away prove that no other row belongs among the nearest (`bounds.py`). Where that
cannot be proven, all rows are scanned: answers equal those of the exact engine either way.
"""

import os
from dataclasses import dataclass, fields
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ImproperlyConfigured

from catalog.descriptors import Descriptor
from catalog.vectors import Float32Array

from ...index.array_file import ArrayFileError
from ...index.ranking import BoolArray, Int64Array, merge, nearest, scan
from ...index.snapshot import Base, write_pieces
from ..base import Answer, Method
from ..cache import CODES, logger, warn_once
from ..following import FollowingVectorEngine
from ..reading import last_change, read_into_memory, read_vectors
from .bounds import NegativeComponents
from .codes import Coded, CodeSearch, certified
from .files import StoredCodes, code_in_memory, open_codes, write_codes

REQUIREMENTS = "requirements-faiss.txt"


@dataclass(frozen=True, slots=True)
class CodedBase(Base):
    """A base with the codes of its rows; None where they cannot be coded."""

    coded: Coded | None = None


class CertifiedEngine(FollowingVectorEngine):
    """Searches eight-bit codes, and measures only what may be among the nearest.

    Memory: 4 KB an image for fc6; more than a gigabyte is mapped from a file that all processes
    share. The vectors themselves stay on disk (16 KB an image); what is measured is read there.

    `rerank`: how many rows are measured at most at the first attempt. `threads`: how many search
    the codes, by default one for each processor.
    """

    scans = False

    def __init__(
        self,
        *,
        descriptor: Descriptor,
        cache: bool = True,
        rerank: int = 400,
        threads: int | None = None,
    ) -> None:
        self.check(rerank=rerank)
        super().__init__(descriptor=descriptor, cache=cache)
        self.rerank = rerank
        self.threads = threads or os.cpu_count() or 1

    @classmethod
    def check(cls, **options: Any) -> None:
        if (rerank := options.get("rerank", 1)) < 1:
            raise ImproperlyConfigured(f"rerank must be at least 1, not {rerank}.")
        if find_spec("faiss") is None:
            raise ImproperlyConfigured(
                "The certified engine needs the package faiss-cpu: "
                f"pip install -r {REQUIREMENTS}, or declare search.engines.exact.ExactEngine."
            )

    def answer(
        self, queries: npt.ArrayLike, k: int, *, within: frozenset[int] | None = None
    ) -> Answer:
        checked = self.checked_queries(queries, k)
        snapshot = self._snapshot
        methods = np.full(len(checked), bool(snapshot.base.chosen(within)))
        found = []
        for part in snapshot.base.chosen(within):
            ids, distances, proven = self._search_part(snapshot.base, part, checked, k)
            found.append((ids, distances))
            methods &= proven
        found += [
            nearest(block.rows, block.ids, block.alive, checked, k)
            for block in snapshot.blocks(within)
        ]
        names: tuple[Method, ...] = tuple("certified" if m else "scanned" for m in methods)
        return Answer(*merge(found, k, len(checked)), names, snapshot.count(within))

    def _search_part(
        self, base: Base, part: slice, queries: Float32Array, k: int
    ) -> tuple[Int64Array, Float32Array, BoolArray]:
        """Return ids, distances, and which queries' were proven; the others were scanned."""
        count = min(k, int(np.count_nonzero(base.alive[part])))
        proven: list[tuple[Int64Array, Float32Array] | None] = [None] * len(queries)
        coded = base.coded if isinstance(base, CodedBase) else None
        if coded is not None and count:
            proven = certified(
                coded=coded,
                rows=base.rows,
                part=part,
                ids=base.ids,
                alive=base.alive,
                queries=queries,
                k=count,
                rerank=self.rerank,
            )
        ids = np.empty((len(queries), count), dtype=np.int64)
        distances = np.empty((len(queries), count), dtype=np.float32)
        is_proven = np.array([answer is not None for answer in proven], dtype=np.bool_)
        if not is_proven.all():
            ids[~is_proven], distances[~is_proven] = scan(
                base.rows, part, base.ids, base.alive, queries[~is_proven], count
            )
        for row, answer in enumerate(proven):
            if answer is not None:
                ids[row], distances[row] = answer
        return ids, distances, is_proven

    def build(self) -> tuple[Base, int]:
        revision, _ = last_change(None)
        base = None
        if self.cache is not None and self.cache.usable():
            # Through the file, never through memory: there may not be enough of it.
            base = self.cache.write(
                lambda file: write_pieces(file, read_vectors(self.descriptor), self.descriptor.dim),
                revision=revision,
                mark=self.cache.new_mark(),
                marked=False,
            )
            if base is None:
                self.cache = None
        return base or read_into_memory(self.descriptor), revision

    def prepared(self, base: Base) -> Base:
        try:
            codes, bounds, files = code_file(base) or (*code_in_memory(base.rows), ())
        except NegativeComponents:
            warn_once(
                f"Vectors of {self.model_id} have negative components, which the certified engine "
                "cannot code: it scans all of them for every query, as the exact engine does."
            )
            return base
        shared = {field.name: getattr(base, field.name) for field in fields(Base)}
        shared["files"] = base.files + files
        return CodedBase(**shared, coded=Coded(CodeSearch(codes, threads=self.threads), bounds))


def code_file(base: Base) -> StoredCodes | None:
    """Return the codes in the file beside that of `base`, which is made where it is missing.

    None where there cannot be one. Raises `NegativeComponents`.
    """
    if not base.files:
        return None
    vectors = base.files[0]
    path = vectors.path.with_suffix(CODES)
    try:
        return open_codes(path, base.rows, mark=base.mark)
    except FileNotFoundError:
        pass
    except (OSError, ArrayFileError) as error:
        logger.error("A file of codes is made again: %s", error)
    if vectors.facts["least"] < 0:
        raise NegativeComponents("a vector has a negative component")
    try:
        facts = {"mark": base.mark}
        write_codes(path, base.rows, facts=facts, largest=vectors.facts["largest"])
        return open_codes(path, base.rows, mark=base.mark)
    except (OSError, ArrayFileError) as error:
        warn_once(f"{path.parent} takes no file of codes: they stay in memory ({error})")
        return None
