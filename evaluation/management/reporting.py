"""How commands show a run: a table and its mean, or JSON."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.names import printable
from evaluation.messages import first_few
from evaluation.models import EvaluationRun, TopicResult
from evaluation.reports.exports import run_as_json

COLUMNS = (
    ("AP", "ap"),
    ("P@1", "p1"),
    ("P@5", "p5"),
    ("P@10", "p10"),
    ("P@30", "p30"),
    ("R-prec", "r_precision"),
    ("nDCG", "ndcg"),
)


def as_json(run: EvaluationRun) -> str:
    """Return the run as one JSON document."""
    return run_as_json(run, indent=1)


def as_table(run: EvaluationRun) -> Iterator[str]:
    """Yield the lines of a table with one topic each, then the mean and what it is a mean of."""
    results = list(run.results.all())
    width = max([len(_("topic")), *(len(printable(result.name)) for result in results)])
    heads = "".join(f"{title:>8}" for title, _field in COLUMNS)
    yield f"{_('topic'):<{width}}{heads}  {_('found')}"
    for result in results:
        yield f"{printable(result.name):<{width}}{figures(result)}"
    yield ""
    mean = _("none") if run.mean_ap is None else f"{run.mean_ap:.4f}"
    yield _("mAP %(mean)s (%(protocol)s, %(counted)d of %(total)d topics)") % {
        "mean": mean,
        "protocol": run.protocol,
        "counted": run.topics_counted,
        "total": run.topics_total,
    }
    yield from remarks(run)


def figures(result: TopicResult) -> str:
    if not result.is_evaluated:
        return f"  {result.reason or result.get_status_display()}"
    if result.ap is None:
        return f"  {result.get_status_display()}"
    numbers = "".join(f"{getattr(result, field):>8.4f}" for _title, field in COLUMNS)
    return f"{numbers}  {result.found}/{result.positives}"


def remarks(run: EvaluationRun) -> Iterator[str]:
    """Yield what a reader must know about the mean: what was missing."""
    if run.topics_not_evaluated:
        yield ngettext(
            "%(number)d topic could not be evaluated; it is not in the mean.",
            "%(number)d topics could not be evaluated; they are not in the mean.",
            run.topics_not_evaluated,
        ) % {"number": run.topics_not_evaluated}
    if run.topics_without_positives:
        yield ngettext(
            "%(number)d topic has no positives; it is not in the mean.",
            "%(number)d topics have no positives; they are not in the mean.",
            run.topics_without_positives,
        ) % {"number": run.topics_without_positives}
    if run.judged_missing:
        yield _(
            "%(missing)d of %(total)d labelled pictures are not in the collection; positives that "
            "are not found count as misses."
        ) % {"missing": run.judged_missing, "total": run.judged_total}
    if run.images_left_out:
        yield _(
            "%(left_out)d of %(total)d pictures of the collection have no current features and "
            "were not ranked."
        ) % {"left_out": run.images_left_out, "total": run.images_total}
    if run.names_unknown:
        yield ngettext(
            "%(unknown)d of the %(total)d names in the run file is neither in the collection nor "
            "labelled; it counts as a wrong answer.",
            "%(unknown)d of the %(total)d names in the run file are neither in the collection nor "
            "labelled; they count as wrong answers.",
            run.names_unknown,
        ) % {"unknown": run.names_unknown, "total": run.names_total}
    if run.unknown_topics:
        yield ngettext(
            "%(number)d topic of the file is not in the benchmark: %(names)s",
            "%(number)d topics of the file are not in the benchmark: %(names)s",
            len(run.unknown_topics),
        ) % {"number": len(run.unknown_topics), "names": first_few(run.unknown_topics)}
