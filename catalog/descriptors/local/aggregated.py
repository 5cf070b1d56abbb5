"""`NAME+asmk16384`: local features aggregated by the words of a vocabulary, as a row says.

Images so become sets of words with a code each, which an inverted file ranks (the aggregated
engine); queries are asked by their local features.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..base import DescriptorError
from ..derived import Derived
from ..learned import Learned, facts_of
from .aggregation import BYTES_PER_WORD, Aggregated, aggregate, decode, encode, without_words
from .base import LocalDescriptor
from .features import DESCRIPTOR_DIM, LocalFeatures
from .registry import get_local, is_local
from .vocabulary import REQUIREMENTS, FaissMissing, Vocabulary

NAME = re.compile(r"(?P<source>.+)\+asmk(?P<words>[1-9]\d*)")
STORED_CENTROIDS = np.dtype("<f2")


class AggregatedDescriptor(Learned, Derived):
    """Aggregates the features of its source by `words` words."""

    model = "catalog.Vocabulary"
    purpose = gettext_lazy(
        "Finds the same thing by its details, even small, cropped or half hidden; needs no trained "
        "network."
    )

    def __init__(self, *, words: int, **facts: Any) -> None:
        super().__init__(**facts)
        self.words = words
        self._vocabulary: Vocabulary | None = None

    @property
    def of(self) -> LocalDescriptor:
        return get_local(self.source)

    @property
    def learn_again(self) -> str:
        return f"manage.py learn_vocabulary --collection {self.learned_on} --words {self.words}"

    @property
    def sources(self) -> tuple[LocalDescriptor, ...]:  # type: ignore[override]  # as `of`
        return (self.of,)

    @property
    def asked_by(self) -> LocalDescriptor:
        return self.of

    @property
    def bytes_per_image(self) -> int:
        return BYTES_PER_WORD * self.of.features

    @property
    def title(self) -> str | Promise:  # type: ignore[override]  # a value instead of a constant
        text = _("%(title)s, by %(number)s words")
        return text % {
            "title": self.of.title,
            "number": number_format(self.words, force_grouping=True),
        }

    @property
    def vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            if (row := self.row()) is None:
                raise unknown(self.name)
            stored = np.frombuffer(row.centroids, STORED_CENTROIDS).reshape(-1, DESCRIPTOR_DIM)
            self._vocabulary = Vocabulary(stored.astype(np.float32))
        return self._vocabulary

    def derive(self, descriptions: Sequence[Any]) -> list[Aggregated]:
        return [self.aggregated(features) for features in descriptions[0]]

    def aggregated(self, features: LocalFeatures, *, assigned: int = 1) -> Aggregated:
        """Aggregate a picture's features, each `assigned` to so many words.

        Raises `DescriptorError` where faiss, which finds the words, is missing.
        """
        if not len(features):
            return without_words()
        rows = features.unit_descriptors()
        try:
            words = self.vocabulary.assign(rows, assigned)
        except FaissMissing as error:
            raise needs_faiss() from error
        return aggregate(rows, words, self.vocabulary.centroids)

    def is_usable(self, description: Aggregated) -> bool:
        return True

    def encode(self, description: Aggregated) -> bytes:
        return encode(description)

    def decode(self, data: bytes | memoryview) -> Aggregated:
        return decode(data)


def is_aggregated(name: str) -> bool:
    """Whether this is the name of local features by words; only asking tells if there is one."""
    match = NAME.fullmatch(name)
    return match is not None and is_local(match["source"])


def get_aggregated(name: str) -> AggregatedDescriptor:
    """Return what aggregates by the vocabulary of this name, of the row that is there now.

    Raises `DescriptorError` saying how to learn one where there is none.
    """
    found = facts_of(AggregatedDescriptor.model, name, "words")
    if found is None:
        raise unknown(name)
    return _aggregated(**found)


@lru_cache(maxsize=8)
def _aggregated(**facts: Any) -> AggregatedDescriptor:
    # By all facts: a vocabulary that was learned anew is another descriptor.
    return AggregatedDescriptor(**facts)


def unknown(name: str) -> DescriptorError:
    return DescriptorError(
        _(
            "There is no vocabulary “%(name)s”. Learn one from a collection's local features: "
            "manage.py learn_vocabulary --collection NAME"
        )
        % {"name": name}
    )


def needs_faiss() -> DescriptorError:
    return DescriptorError(
        _("Words of local features need the package faiss-cpu: pip install -r %(file)s")
        % {"file": REQUIREMENTS}
    )
