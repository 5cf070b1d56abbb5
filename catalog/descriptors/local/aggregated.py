"""`NAME+asmk16384`: local features aggregated by the words of a vocabulary, as a row says.

Images so become sets of words with a code each, which an inverted file ranks (the aggregated
engine); queries are asked by their local features.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.apps import apps
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ..base import DescriptorError
from ..derived import Derived
from .aggregation import BYTES_PER_WORD, Aggregated, aggregate, decode, encode, without_words
from .base import LocalDescriptor
from .features import DESCRIPTOR_DIM, LocalFeatures
from .registry import get_local, is_local
from .vocabulary import REQUIREMENTS, FaissMissing, Vocabulary

NAME = re.compile(r"(?P<source>.+)\+asmk(?P<words>[1-9]\d*)")
STORED_CENTROIDS = np.dtype("<f2")
HASH_DIGITS = 12
FIELDS = ("pk", "name", "source", "source_model_id", "words", "learned_on", "digest")


class AggregatedDescriptor(Derived):
    """Aggregates the features of its source by `words` words, learned on `learned_on`.

    `learned_on` is the short name of the collection.
    """

    def __init__(
        self,
        *,
        pk: int,
        name: str,
        source: str,
        source_model_id: str,
        words: int,
        learned_on: str,
        digest: str,
    ) -> None:
        self.pk, self.name, self.source = pk, name, source
        self.words, self.learned_on = words, learned_on
        self._source_model_id, self._digest = source_model_id, digest[:HASH_DIGITS]
        self._vocabulary: Vocabulary | None = None

    @property
    def local(self) -> LocalDescriptor:
        """The source; looked up anew, as its declaration may change."""
        return get_local(self.source)

    @property
    def sources(self) -> tuple[LocalDescriptor, ...]:  # type: ignore[override]  # as `local`
        return (self.local,)

    @property
    def asked_by(self) -> LocalDescriptor:
        return self.local

    @property
    def bytes_per_image(self) -> int:
        return BYTES_PER_WORD * self.local.features

    @property
    def title(self) -> str | Promise:  # type: ignore[override]  # a value instead of a constant
        text = _("%(title)s, by %(number)s words")
        return text % {
            "title": self.local.title,
            "number": number_format(self.words, force_grouping=True),
        }

    @property
    def purpose(self) -> str | Promise:  # type: ignore[override]  # a value instead of a constant
        return _(
            "Finds the same thing by its details, even small, cropped or half hidden; needs no "
            "trained network."
        )

    @property
    def model_id(self) -> str:
        """Raises `DescriptorError` where the source makes other features than were learned from."""
        if (now := self.local.model_id) != self._source_model_id:
            raise DescriptorError(
                _(
                    "The vocabulary of “%(name)s” was learned from features of %(before)s, and "
                    "“%(source)s” now makes %(now)s. Learn it again: manage.py learn_vocabulary "
                    "--collection %(collection)s"
                )
                % {
                    "name": self.name,
                    "before": self._source_model_id,
                    "source": self.source,
                    "now": now,
                    "collection": self.learned_on,
                }
            )
        return f"{now}|asmk{self.words}:{self._digest}"

    @property
    def vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            row = apps.get_model("catalog.Vocabulary").objects.filter(pk=self.pk).first()
            if row is None:
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
    rows = apps.get_model("catalog.Vocabulary").objects.filter(name=name)
    found = rows.values(*FIELDS).first()
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
