"""Rank by a recipe: by vectors, and where it says so the first results verified by geometry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from catalog.descriptors import Description, Descriptor
from catalog.descriptors.local.features import LocalFeatures
from catalog.vectors import Float32Array
from catalog.vectorstore import vectors_of

from .answers import only, stacked
from .engines import Answer
from .expansion import averaged
from .geometry.growing import grown
from .geometry.outcome import Verification
from .plain_ranking import rank_plain
from .recipes import Geometry, Recipe
from .remembering import Memory, verification_key
from .verifying import stored_features, verify_images

# By the name of each of the recipe's `describers`: unit vectors (Q, D), or of the local one a list
# of Q `LocalFeatures`.
Queries = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """When verifying ends: after `seconds` a query, or where `should_stop` says so.

    With `memory`, what it holds is not worked out anew.
    """

    seconds: float | None = None
    should_stop: Callable[[], bool] = lambda: False
    memory: Memory | None = None


def rank(
    *,
    recipe: Recipe,
    queries: Queries,
    k: int,
    within: frozenset[int] | None = None,
    engine: str = "default",
    bounds: Bounds | None = None,
) -> Answer:
    """Return the `k` best images of each query, best first.

    As `rank_plain`; then the first results are verified one query after the other, and those that
    are proven stand first, the most inliers first. Scores stay each image's own. Raises
    `DescriptorError` where the weights of a part are gone.
    """
    if recipe.geometry is None:
        return rank_plain(recipe=recipe, queries=queries, k=k, within=within, engine=engine)
    geometry, bounds = recipe.geometry, bounds or Bounds()

    def plain(asked: Queries) -> Answer:
        deep = max(k, geometry.first)
        return rank_plain(recipe=recipe, queries=asked, k=deep, within=within, engine=engine)

    whole = plain(queries)
    answers = []
    for place, features in enumerate(queries[geometry.local.name]):
        answer = only(whole, place)
        verification = verify_first(answer, features, geometry, bounds)
        if geometry.expansion and verification.found:
            features = grown_features(features, verification, geometry)
            answer = plain(grown_queries(queries, place, features, verification, recipe))
            verification = verify_first(answer, features, geometry, bounds)
        answers.append(proven_first(answer, verification))
    return stacked(answers, k) if answers else whole


def stacked_queries(recipe: Recipe, found: Mapping[str, Sequence[Description]]) -> Queries:
    """Return what `rank` takes from the descriptions of each query, by descriptor."""
    return {one.name: one.gathered(found[one.name]) for one in recipe.describers}


def verify_first(
    answer: Answer, features: LocalFeatures, geometry: Geometry, bounds: Bounds
) -> Verification:
    asked: dict[str, Any] = {
        "query": features,
        "images": answer.ids[0, : geometry.first].tolist(),
        "local": geometry.local,
        "rules": geometry.rules,
    }

    def now() -> Verification:
        return verify_images(**asked, seconds=bounds.seconds, should_stop=bounds.should_stop)

    if bounds.memory is None:
        return now()
    key = verification_key(**asked)
    found: Verification = bounds.memory.recall(key, now, is_whole=lambda one: one.is_complete)
    return found


def grown_queries(
    queries: Queries,
    place: int,
    features: LocalFeatures,
    verification: Verification,
    recipe: Recipe,
) -> Queries:
    """Return one query as it is asked again: vectors averaged with those of what was proven.

    Where parts are asked by the very local features that were verified, these are the grown ones.
    """
    grown_ones: dict[str, Any] = {}
    for descriptor in recipe.plain.describers:
        if isinstance(descriptor, Descriptor):
            vector = queries[descriptor.name][place]
            grown_ones[descriptor.name] = grown_vector(vector, verification, descriptor)
        else:
            same = recipe.geometry is not None and descriptor is recipe.geometry.local
            own = features if same else queries[descriptor.name][place]
            grown_ones[descriptor.name] = [own]
    return grown_ones


def grown_vector(
    query: Float32Array, verification: Verification, descriptor: Descriptor
) -> Float32Array:
    """Return a query's vector (1, D), averaged with those of what was proven."""
    stored = vectors_of(descriptor.name).of_images(
        list(verification.found), model_id=descriptor.model_id, dim=descriptor.dim
    )
    rows = [stored[image] for image in verification.found if image in stored]
    return averaged(query, descriptor.gathered(rows))[None]


def grown_features(
    features: LocalFeatures, verification: Verification, geometry: Geometry
) -> LocalFeatures:
    """Return the query's local features with those of what was proven, the surest first."""
    by_inliers = sorted(verification.found, key=lambda pk: -verification.found[pk].inliers)
    stored = stored_features(by_inliers, geometry.local, lambda: False)
    return grown(features, [(one, verification.found[pk]) for pk, one in stored if one is not None])


def proven_first(answer: Answer, verification: Verification) -> Answer:
    """Return the answer to one query with what is proven first, by inliers; the rest as it was.

    Philbin et al., "Object Retrieval with Large Vocabularies and Fast Spatial Matching", CVPR 2007.
    """
    found = verification.found
    inliers = [found[pk].inliers if pk in found else 0 for pk in answer.ids[0].tolist()]
    places = np.argsort(-np.array(inliers, np.int64), kind="stable")
    return replace(
        answer,
        ids=answer.ids[:, places],
        scores=answer.scores[:, places],
        regions=None if answer.regions is None else answer.regions[:, places],
        verifications=(verification,),
    )


def proven_only(answer: Answer, k: int) -> Answer:
    """Return the answer to one query, cut to what geometry proved; `count` is how many that are."""
    (verification,) = answer.verifications or (Verification(0),)
    number = len(verification.found)
    kept = stacked([answer], min(k, number))
    return replace(kept, count=number)
