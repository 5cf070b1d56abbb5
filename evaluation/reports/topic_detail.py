"""One topic of a run, place by place: what stands there, and what it counts for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from catalog.models import Image
from catalog.querysets import ImageQuerySet

from ..measures.anatomy import Trapezoid, anatomy
from ..measures.metrics import Judged
from ..measures.scoring import LabelledRanking
from ..models import EvaluationRun, TopicResult


class Role(StrEnum):
    """What a place of a ranking counts for under the run's protocol."""

    POSITIVE = "positive"
    IGNORED = "ignored"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a ranking.

    `position`: from 1, in the full ranking; `rank`: from 1, after removing the ignored, None where
    it is one of them; `label`: empty where the image is unlabelled; `image`: None where the
    collection has no image of that name (now); `is_query`: the query's own image. `precision`
    and `recall` are those after this place, `area` what it adds to the average precision.
    """

    position: int
    rank: int | None
    name: str
    label: str
    role: Role
    is_query: bool
    precision: float
    recall: float
    area: float
    image: Image | None


class TopicDetail:
    """A topic's result made readable; loads its ranking and the run's names once.

    Raises `ValueError` for a topic that was not evaluated.
    """

    def __init__(self, result: TopicResult) -> None:
        if not result.is_evaluated:
            raise ValueError(f"topic {result.name} was not evaluated")
        self.result = result
        self.run = result.run

    @cached_property
    def labelled(self) -> LabelledRanking:
        return self.result.labelled_ranking()

    @cached_property
    def judged(self) -> Judged:
        return self.labelled.judge(self.run.rules)

    @cached_property
    def trapezoids(self) -> list[Trapezoid]:
        """The anatomy of the average precision: one step per positive found, in rank order."""
        return anatomy(self.judged)

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """Label by position in the run's names."""
        return {
            place: label
            for label, places in self.labelled.judged.items()
            for place in places.tolist()
        }

    def __len__(self) -> int:
        return int(self.labelled.ranking.size)

    def names(self, positions: Sequence[int] | np.ndarray) -> list[str]:
        table = self.run.names
        return [table[position] for position in positions]

    def missing(self) -> list[tuple[str, str]]:
        """The positives that the ranking does not hold, as (name, label)."""
        positives, _ignored = self.labelled.split(self.run.rules)
        gone = positives[~np.isin(positives, self.labelled.ranking)]
        return [(self.run.names[place], self.labels[place]) for place in gone.tolist()]

    def places(self, start: int = 0, stop: int | None = None) -> list[Place]:
        """Return a stretch of the ranking, from 0-based `start` up to `stop`."""
        ranking = self.labelled.ranking
        stretch = range(*slice(start, stop).indices(len(self)))
        names = self.names(ranking[stretch.start : stretch.stop])
        images = searched_images(self.run).named(names)
        relevant, ignored = self.judged.relevant, self.judged.ignored
        found, removed = np.cumsum(relevant), np.cumsum(ignored)
        areas = {step.position: step.area for step in self.trapezoids}
        made = []
        for at, name in zip(stretch, names, strict=True):
            rank = at + 1 - int(removed[at])
            role = Role.IGNORED if ignored[at] else Role.WRONG
            made.append(
                Place(
                    position=at + 1,
                    rank=None if ignored[at] else rank,
                    name=name,
                    label=self.labels.get(int(ranking[at]), ""),
                    role=Role.POSITIVE if relevant[at] else role,
                    is_query=int(ranking[at]) == self.result.query_position,
                    precision=float(found[at]) / rank if rank else 0.0,
                    recall=float(found[at]) / self.judged.n_positives
                    if self.judged.n_positives
                    else 0.0,
                    area=areas.get(at, 0.0),
                    image=images.get(name),
                )
            )
        return made


def searched_images(run: EvaluationRun) -> ImageQuerySet:
    """Return the images of the run's collection as they are now."""
    return Image.objects.filter(collection__slug=run.collection_slug)


def query_image(result: TopicResult) -> Image | None:
    """Return the query's image, None where the collection has none of that name (now)."""
    return searched_images(result.run).filter(name=result.image_name).first()
