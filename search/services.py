"""From a query to hits with images. Reads only; `queries.py` stores queries."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.descriptors import DEFAULT, Description, PictureDescriptor
from catalog.feature_states import FeatureCounts
from catalog.models import Image, ImageRegions
from catalog.pixels import Box
from catalog.querysets import ImageQuerySet
from catalog.search_words import nothing_to_search
from catalog.timing import timed
from catalog.vectorstore import vectors_of
from catalog.visibility import EVERYTHING, Scope

from .answers import stacked
from .background import Background
from .engines import Answer, Measure, Method, get_engine
from .geometry.outcome import Verification
from .narrowing import Narrowed, among, depth_for
from .questions.model import Mark
from .ranking import Bounds, proven_only, rank, stacked_queries
from .recipes import Recipe, get_recipe, has_local_features
from .remembering import Memory
from .sampling import background_of

# What pages had verified lately.
memory = Memory()


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: `rank` from 1, `score` what `Results.measure` says: a Euclidean distance in
    [0, 2], or a similarity in [0, 1].

    `region` is the part of the picture that was compared, (x1, y1, x2, y2) in shares of its width
    and height, where it was not the whole; `inliers` the number of places by which it is proven
    to show what the query does, 0 where it is not. `mark` is what the user said of it, `earlier`
    its rank before the last round of that, None where it was far down or there was none, and
    `is_new` says that it was not shown then. `nearness` (1: the same, 0: as far as the ordinary
    picture) and `farther` (the share of pictures that are) are known of plain distances only.
    `copies` are hits further down that are nearly the same, where they are folded.
    """

    rank: int
    image: Image
    score: float
    region: Box | None = None
    inliers: int = 0
    mark: Mark | None = None
    earlier: int | None = None
    is_new: bool = False
    nearness: float | None = None
    farther: float | None = None
    copies: tuple["Hit", ...] = ()

    @property
    def percent(self) -> float | None:
        """How many of a hundred pictures are farther, never rounded up to all of them."""
        return None if self.farther is None else math.floor(1000 * self.farther) / 10

    @property
    def climbed(self) -> int:
        """How many ranks it has climbed since the round before; below 0 where it has fallen."""
        return self.earlier - self.rank if self.earlier else 0

    @property
    def fell(self) -> int:
        return -self.climbed

    @property
    def frame(self) -> Box | None:
        """The region as left, top, width and height in the picture's pixels."""
        if self.region is None:
            return None
        x1, y1, x2, y2 = self.region
        wide, high = self.image.width, self.image.height
        return x1 * wide, y1 * high, (x2 - x1) * wide, (y2 - y1) * high


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a ranking, numbered from 1.

    `ranked` is how many images the whole ranking has, `counts` how many were left out and why
    (None where none was), `method` how the engine made sure of the answer, `verification` what
    geometry proved, where it was search. `background`: the query's distances to all pictures, where
    scores are plain distances.
    """

    hits: list[Hit]
    page: int
    ranked: int
    recipe: Recipe
    counts: FeatureCounts | None
    method: Method = "scanned"
    measure: Measure = "distance"
    verification: Verification | None = None
    background: Background | None = None

    def nothing_stands_out(self, own: int | None = None) -> bool:
        """Whether nothing on this page is nearer than chance would put the nearest picture.

        Not counting the image `own`, which is the query itself, and only where it can be told.
        """
        if self.background is None or (self.verification and self.verification.found):
            return False
        others = [hit.score for hit in self.hits if hit.image.pk != own]
        return bool(others) and not self.background.stands_out(min(others))


@dataclass(frozen=True, slots=True)
class Search:
    """The arguments of `find_similar` that say what is ranked, and not which stretch is shown."""

    recipe: Recipe
    described: Mapping[str, Description]
    scope: Scope
    engine: str
    only_proven: bool
    narrowed: Narrowed


def count_searchable(
    *,
    scope: Scope = EVERYTHING,
    engine: str = "default",
    recipe: Recipe | None = None,
) -> int:
    """Return how many images a search in `scope` ranks, at most."""
    recipe, within = recipe or get_recipe(DEFAULT), scope.keys
    if recipe.geometry and not has_local_features(recipe.geometry.local, scope):
        return 0
    if recipe.regions:
        kept = ImageRegions.objects.of_model(recipe.descriptor.name, recipe.descriptor.model_id)
        return kept.within(within).count()
    counts = []
    for descriptor in recipe.descriptors:
        found = get_engine(engine, descriptor=descriptor)
        found.sync()
        counts.append(found.count(within=within))
    return min(counts)


def nothing_to_rank(*, scope: Scope, recipe: Recipe) -> str:
    """Say why a search in `scope` by this recipe ranks nothing, and the remedy.

    Of a recipe with several descriptors, for the first that lacks vectors. Raises
    `DescriptorError` where weights that are configured do not exist.
    """
    if recipe.regions:
        return _(
            "No parts of these pictures are kept. Keep them: manage.py extract_features "
            "--descriptor %(name)s --regions"
        ) % {"name": recipe.descriptor.name}
    images = Image.objects.in_scope(scope)
    lacking = (
        descriptor
        for descriptor in recipe.image_descriptors
        if not images.with_current(descriptor.name, descriptor.model_id).exists()
    )
    return nothing_to_search(scope=scope, descriptor=next(lacking, recipe.descriptor))


@timed("search")
def find_similar(
    *,
    described: Mapping[str, Description],
    scope: Scope = EVERYTHING,
    page: int = 1,
    page_size: int = 30,
    engine: str = "default",
    recipe: Recipe | None = None,
    only_proven: bool = False,
    narrowed: Narrowed | None = None,
) -> Results:
    """Rank the images in `scope` by likeness to a query.

    `described` is what it is searched with, by the name of each of the recipe's `describers`. A
    page past the end gives the last one. Hits and `ranked` are of one moment. A recipe's geometry
    gets `SIS_GEOMETRY_SECONDS`; with `only_proven` the ranking ends with what that proves.
    `narrowed`, arguments of `ImageQuerySet.narrowed`, says which of the images are shown.
    """
    recipe = recipe or get_recipe(DEFAULT)
    search = Search(recipe, described, scope, engine, only_proven, narrowed or {})
    page, answer = answer_page(search, page, page_size)
    before, counts = None, None
    if not only_proven:
        before = background_before(search, answer)
    if not only_proven and not narrowed:
        counts = count_left_out(scope=scope, recipe=recipe, ranked=answer.count)
    return Results(
        hits=hits_of(answer, (page - 1) * page_size, before),
        page=page,
        ranked=answer.count,
        recipe=recipe,
        counts=counts,
        method=answer.methods[0],
        measure=answer.measure,
        verification=answer.verifications[0] if answer.verifications else None,
        background=before,
    )


def background_before(search: Search, answer: Answer) -> Background | None:
    """Return the query's distances to all that is searched, where scores are plain distances."""
    if answer.measure != "distance":
        return None
    images = Image.objects.in_scope(search.scope)
    return background_of(
        recipe=search.recipe,
        query=search.described[search.recipe.descriptor.asked_by.name],
        scope=search.scope,
        count=images.count() if search.narrowed else answer.count,
    )


def hits_of(answer: Answer, offset: int, before: Background | None = None) -> list[Hit]:
    """Return the hits of the answer to one query from place `offset` on, with their images."""
    ids, scores = answer.ids[0, offset:].tolist(), answer.scores[0, offset:].tolist()
    parts = None if answer.regions is None else answer.regions[0].tolist()
    proven = answer.verifications[0].found if answer.verifications else {}
    images = Image.objects.select_related("collection").in_bulk(ids)
    places = enumerate(zip(ids, scores, strict=True), start=offset + 1)
    return [
        Hit(
            place,
            images[pk],
            score,
            tuple(parts[place - 1]) if parts else None,
            proven[pk].inliers if pk in proven else 0,
            nearness=before.nearness(score) if before else None,
            farther=before.farther(score) if before else None,
        )
        for place, (pk, score) in places
        if pk in images  # a row deleted since the sync
    ]


def answer_page(search: Search, page: int, page_size: int) -> tuple[int, Answer]:
    """Return the page's number and the answer that ends with it; the last one past the end."""
    queries = stacked_queries(
        search.recipe, {name: [one] for name, one in search.described.items()}
    )
    bounds = Bounds(seconds=settings.SIS_GEOMETRY_SECONDS, memory=memory)
    while True:
        depth = page * page_size
        answer = rank(
            recipe=search.recipe,
            queries=queries,
            k=depth_for(search.narrowed, search.scope, depth),
            within=search.scope.keys,
            engine=search.engine,
            bounds=bounds,
        )
        if search.narrowed:
            answer = stacked([among(answer, search.narrowed, search.scope)], depth)
        if search.only_proven:
            answer = proven_only(answer, depth)
        last = max(1, -(-answer.count // page_size))
        if page <= last:
            return page, answer
        page = last


def count_left_out(*, scope: Scope, recipe: Recipe, ranked: int) -> FeatureCounts | None:
    """Count the images that a ranking of `ranked` others lacks, by reason; None where none is.

    Of a recipe with several descriptors, by that of which most are lacking.
    """
    images = Image.objects.in_scope(scope)
    most: FeatureCounts | None = None
    for descriptor in recipe.descriptors:
        found = left_out_by(images, descriptor, ranked)
        if found is not None and (most is None or found.left_out > most.left_out):
            most = found
    return most


def left_out_by(
    images: ImageQuerySet, descriptor: PictureDescriptor, ranked: int
) -> FeatureCounts | None:
    model_id = descriptor.model_id
    if vectors_of(descriptor.name).all_current(images, model_id, ranked):
        return None
    return replace(images.feature_counts(descriptor.name, model_id), current=ranked)
