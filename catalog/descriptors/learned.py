"""What a row says how to make: whitened descriptors, and those by words."""

from abc import abstractmethod
from typing import Any, ClassVar

from django.apps import apps
from django.utils.translation import gettext as _

from .base import DescriptorError, PictureDescriptor

# Of a row's hash in model ids, which name what it was learned on.
HASH_DIGITS = 12
FIELDS = ("pk", "name", "source", "source_model_id", "learned_on", "digest")


class Learned(PictureDescriptor):
    """Makes something of what its source gives, as the row `pk` of `model` says.

    `model` is the label of a subclass of `learned_models.Learned`; `learned_on` the short name of
    the collection.
    """

    model: ClassVar[str]

    def __init__(
        self,
        *,
        pk: int,
        name: str,
        source: str,
        source_model_id: str,
        learned_on: str,
        digest: str,
    ) -> None:
        self.pk, self.name, self.source, self.learned_on = pk, name, source, learned_on
        self.step = name.rpartition("+")[2]
        self._source_model_id, self._digest = source_model_id, digest[:HASH_DIGITS]

    @property
    @abstractmethod
    def of(self) -> PictureDescriptor:
        """The source; looked up anew, as it may be learned or declared anew."""

    @property
    @abstractmethod
    def learn_again(self) -> str:
        """The command that learns the row anew."""

    @property
    def model_id(self) -> str:
        """Raises `DescriptorError` where the source gives something else than was learned from."""
        if (now := self.of.model_id) != self._source_model_id:
            raise DescriptorError(
                _(
                    "“%(name)s” was learned from features of %(before)s, and “%(source)s” now "
                    "makes %(now)s. Learn it again: %(command)s"
                )
                % {
                    "name": self.name,
                    "before": self._source_model_id,
                    "source": self.source,
                    "now": now,
                    "command": self.learn_again,
                }
            )
        return f"{now}|{self.step}:{self._digest}"

    def row(self) -> Any:
        """Return the row, its numbers included; None where it is gone."""
        return apps.get_model(self.model).objects.filter(pk=self.pk).first()


def facts_of(model: str, name: str, *more: str) -> dict[str, Any] | None:
    """Return what `Learned` takes, and these fields, of the row of this name; None without one."""
    found: dict[str, Any] | None = (
        apps.get_model(model).objects.filter(name=name).values(*FIELDS, *more).first()
    )
    return found
