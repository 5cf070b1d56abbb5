"""What two runs must agree on before their numbers may be compared."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import EvaluationRun, Source

# The question: two runs with different ones measure different things.
QUESTION: dict[str, Promise] = {
    "benchmark": gettext_lazy("benchmark"),
    "judgements_hash": gettext_lazy("labels"),
    "protocol": gettext_lazy("protocol"),
    "exclude_self": gettext_lazy("without the query's own picture"),
    "collection_slug": gettext_lazy("collection"),
    "names_hash": gettext_lazy("pictures searched"),
}
# The answer: what a comparison can be about.
SYSTEM: dict[str, Promise] = {
    "source": gettext_lazy("source"),
    "system": gettext_lazy("system"),
    "recipe": gettext_lazy("way to rank"),
    "recipe_facts": gettext_lazy("parts of the way to rank"),
    "saw_collection": gettext_lazy("learned on the collection itself"),
    "descriptor": gettext_lazy("descriptor"),
    "model_id": gettext_lazy("model id"),
    "engine": gettext_lazy("engine"),
    "engine_options": gettext_lazy("engine options"),
    "crop": gettext_lazy("query box used"),
    "code_version": gettext_lazy("code version"),
    "library_versions": gettext_lazy("library versions"),
}
# Follows from others: names and model ids.
DERIVED: dict[str, Promise] = {
    "collection_hash": gettext_lazy("pictures and model ids"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of a provenance. `value` is as stored; None or empty where it is unknown."""

    field: str
    title: str
    value: Any

    @property
    def is_known(self) -> bool:
        return self.value is False or bool(self.value)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field in which two runs differ."""

    field: str
    title: str
    first: Any
    second: Any


class NotComparable(Exception):
    """Two runs' numbers answer different questions; `mismatches` names every field."""

    def __init__(self, mismatches: list[Mismatch]) -> None:
        self.mismatches = mismatches
        super().__init__(mismatches)

    def __str__(self) -> str:
        return _("The runs cannot be compared, because they differ in: %(fields)s.") % {
            "fields": ", ".join(mismatch.title for mismatch in self.mismatches)
        }


def provenance(run: EvaluationRun) -> list[Entry]:
    """Return everything that could change the run's number, in order."""
    titles = QUESTION | DERIVED | SYSTEM
    return [Entry(name, str(title), value_of(run, name)) for name, title in titles.items()]


def obstacles(first: EvaluationRun, second: EvaluationRun) -> list[Mismatch]:
    """Return the fields that forbid a comparison: those that make the question another one.

    An imported run does not say which images its system searched; that alone forbids nothing.
    """
    found = mismatches(first, second, QUESTION)
    if Source.IMPORTED in (first.source, second.source):
        return [mismatch for mismatch in found if mismatch.field != "names_hash"]
    return found


def subjects(first: EvaluationRun, second: EvaluationRun) -> list[Mismatch]:
    """Return what a comparison of the two is about: how their systems differ."""
    return mismatches(first, second, SYSTEM)


def check_comparable(first: EvaluationRun, second: EvaluationRun) -> None:
    """Raise `NotComparable` where their provenance does not allow a comparison."""
    found = obstacles(first, second)
    if found:
        raise NotComparable(found)


def mismatches(
    first: EvaluationRun, second: EvaluationRun, titles: dict[str, Promise]
) -> list[Mismatch]:
    pairs = ((name, value_of(first, name), value_of(second, name)) for name in titles)
    return [Mismatch(name, str(titles[name]), a, b) for name, a, b in pairs if a != b]


def value_of(run: EvaluationRun, name: str) -> Any:
    return run.benchmark.name if name == "benchmark" else getattr(run, name)
