"""Rankings -> the rows of a run, whoever made them: snapshots, figures and the mean."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from django.db import transaction

from ..formats import tables
from ..formats.ground_truth import GroundTruth, TopicFacts, judgements_hash
from ..formats.tables import IntArray, NameTable
from ..measures.metrics import Judged, mean_average_precision, recall_precision_curve
from ..measures.scoring import LabelledRanking, score
from ..models import EvaluationRun, Outcome, TopicResult

RESULTS_AT_A_TIME = 50


@dataclass(frozen=True, slots=True)
class Ranked:
    """What was ranked for a benchmark.

    `rankings`: topic to positions in `table`, best first; `reasons`: why other topics have none;
    topics in neither are not in the run file. `present`: every name of the collection, for
    counting the judged ones it lacks. `pairs`: (name, model id) of every image that took part,
    None where that is unknown. `unknown_topics`: ranked ones that the benchmark lacks. `proven`:
    topic to the names that geometry proved, with the number of points.
    """

    table: NameTable
    rankings: Mapping[str, IntArray]
    present: frozenset[str]
    reasons: Mapping[str, str] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] | None = None
    unknown_topics: Sequence[str] = ()
    proven: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@transaction.atomic
def finish(*, run: EvaluationRun, ranked: Ranked, started: float) -> None:
    """Measure every topic and store results, mean and provenance: all of it or nothing.

    `started` is the `time.monotonic()` at which the work began.
    """
    truth = run.benchmark.ground_truth()
    if run.pk is None:
        run.save()
    run.labels = list(truth.labels)
    run.judgements_hash = judgements_hash(truth)
    made = [
        topic_result(run, position, facts, ranked) for position, facts in enumerate(truth.topics)
    ]
    results = [result for result, _judged in made]
    TopicResult.objects.bulk_create(results, batch_size=RESULTS_AT_A_TIME)
    note_outcome(run, results, [judged for _result, judged in made if judged])
    note_collection(run, truth, ranked)
    run.names_data = tables.encode_names(ranked.table.names)
    run.names = ranked.table.names
    run.unknown_topics = list(ranked.unknown_topics)
    run.duration = time.monotonic() - started
    run.save()


def topic_result(
    run: EvaluationRun, position: int, facts: TopicFacts, ranked: Ranked
) -> tuple[TopicResult, Judged | None]:
    """Make one topic's row; the judged ranking is None where it has none or no positives."""
    judged = {label: ranked.table.add(names) for label, names in facts.judgements.items()}
    query = int(ranked.table.add([facts.image])[0])
    row = TopicResult(
        run=run,
        position=position,
        name=facts.name,
        image_name=facts.image,
        query_position=query,
        label_counts=[len(judged[label]) for label in run.labels],
        judged_data=tables.encode_positions(np.concatenate([judged[lb] for lb in run.labels])),
    )
    row.box = facts.box
    ranking = ranked.rankings.get(facts.name)
    if ranking is None:
        row.reason = ranked.reasons.get(facts.name, "")
        row.status = Outcome.NO_QUERY if row.reason else Outcome.NOT_IN_RUN
        return row, None
    labelled = LabelledRanking(ranking, judged, query if run.exclude_self else None)
    figures, seen = score(labelled, run.rules)
    row.status = Outcome.NO_POSITIVES if figures.ap is None else Outcome.EVALUATED
    row.ranking_data = tables.encode_positions(ranking)
    proven = ranked.proven.get(facts.name, {})
    places = ranked.table.add(list(proven)).tolist() if proven else []
    row.proven = dict(zip(map(str, places), proven.values(), strict=True))
    for name, value in asdict(figures).items():
        setattr(row, name, value)
    return row, seen


def note_outcome(
    run: EvaluationRun, results: Sequence[TopicResult], judged: Iterable[Judged]
) -> None:
    """Write mean, curve and how many topics they are of."""
    run.topics_total = len(results)
    run.topics_counted = sum(result.ap is not None for result in results)
    run.topics_without_positives = sum(result.status == Outcome.NO_POSITIVES for result in results)
    run.mean_ap = mean_average_precision(result.ap for result in results)
    curve = recall_precision_curve(judged)
    run.curve = [] if curve is None else [float(value) for value in curve[1]]


def note_collection(run: EvaluationRun, truth: GroundTruth, ranked: Ranked) -> None:
    """Write what was searched, and how much of what is judged was there."""
    names = {name for topic in truth.topics for name in topic.labelled(truth.labels)}
    names |= {topic.image for topic in truth.topics}
    run.judged_total = len(names)
    run.judged_missing = len(names - ranked.present)
    if ranked.pairs is not None:
        run.images_total, run.images_ranked = len(ranked.present), len(ranked.pairs)
        run.names_hash = digest(sorted(name for name, _model_id in ranked.pairs))
        run.collection_hash = digest(sorted(ranked.pairs))


def digest(values: Sequence) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of values that JSON can hold."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
