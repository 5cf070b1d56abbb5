"""Kinds of long work, by name. Apps above register theirs; this one knows none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q

Arguments = Mapping[str, Any]
Outcome = dict[str, Any]
# (level as in `django.contrib.messages`, text)
Told = tuple[int, str]


class JobFailed(Exception):
    """A job cannot be done; the message, in the language of who asked for it, says why."""


class Interrupted(Exception):
    """A job ended early because it was asked to; what it had done by then stays."""


class Progress(Protocol):
    """What a job tells of itself while it goes on, and what it is told. `number` is its row's."""

    @property
    def number(self) -> int: ...

    def note(self, done: int, total: int, step: str = "") -> None:
        """Say how many of `total` are done; `step` names what is being done, in words."""

    def should_stop(self) -> bool:
        """Tell whether the job is to end early, by raising `Interrupted`."""


def nothing_told(outcome: Outcome) -> Sequence[Told]:
    return []


def no_address(arguments: Arguments, outcome: Outcome) -> str:
    return ""


def nothing_to_settle(arguments: Arguments, reason: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    `title` says in words what a job with these arguments does; `run` does it and returns what JSON
    can hold, raising `JobFailed` and `Interrupted`; `tell` puts that outcome into words; `address`
    is where its result is seen; `ended` is called with a reason where it ended without a result:
    it failed, was cancelled, or its process is gone. Asked for once more, the same arguments do
    what is left.
    """

    name: str
    title: Callable[[Arguments], str]
    run: Callable[[Arguments, Progress], Outcome]
    tell: Callable[[Outcome], Sequence[Told]] = nothing_told
    address: Callable[[Arguments, Outcome], str] = no_address
    ended: Callable[[Arguments, str], None] = nothing_to_settle


kinds: dict[str, Kind] = {}
# Each says which jobs are about something that a user does not see; None: every one is seen.
hiders: list[Callable[[Any], Q | None]] = []
# What puts an error that no kind expected into words, or returns None.
explainers: list[Callable[[BaseException], str | None]] = []


def add_kind(kind: Kind) -> Kind:
    """Register a kind; call it from `AppConfig.ready` or where the kind is defined."""
    kinds[kind.name] = kind
    return kind
