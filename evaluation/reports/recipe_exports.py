"""The comparison of recipes as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..measures.literature import REPORTED, Reported
from .recipe_table import RecipeRow, RecipeTable


def table_as_dict(table: RecipeTable, skipped: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the table as JSON can hold it; figures in [0, 1], times in seconds."""
    return {
        "benchmark": table.asked.benchmark.name,
        "protocol": table.asked.protocol,
        "crop": table.asked.crop,
        "exclude_self": table.asked.exclude_self,
        "baseline": table.baseline.recipe if table.baseline else None,
        "landmarks": table.landmarks,
        "recipes": [row_as_dict(row) for row in table.rows],
        "skipped": [{"recipe": name, "reason": reason} for name, reason in skipped],
    }


def row_as_dict(row: RecipeRow) -> dict[str, Any]:
    difference = row.difference
    return {
        "recipe": row.recipe,
        "run": row.run.pk,
        "map": row.run.mean_ap,
        "interval": [row.interval.low, row.interval.high] if row.interval else None,
        "p1": row.p1,
        "p10": row.p10,
        "seconds_per_query": row.run.seconds_per_query,
        "bytes_per_picture": row.run.bytes_per_picture,
        "images_ranked": row.run.images_ranked,
        "saw_collection": row.run.saw_collection,
        "facts": row.run.recipe_facts,
        "difference": None
        if difference is None
        else {
            "mean": difference.interval.mean,
            "interval": [difference.interval.low, difference.interval.high],
            "p_value": difference.test.p_value,
            "exact": difference.test.exact,
            "topics": difference.topics,
        },
        "not_comparable": list(row.obstacles),
    }


def measured_here(reported: Reported, rows: Iterable[RecipeRow]) -> RecipeRow | None:
    """Return the best row whose recipe is the same method, None where none was evaluated."""
    known = list(rows)
    for name in reported.recipes:
        for row in known:
            if row.recipe == name or row.recipe.startswith(f"{name}+"):
                return row
    return None


def literature_as_list(rows: Iterable[RecipeRow]) -> list[dict[str, Any]]:
    """Return what is reported elsewhere, each with our own run where there is one."""
    known = list(rows)
    listed = []
    for reported in REPORTED:
        ours = measured_here(reported, known)
        listed.append(
            {
                "method": reported.method,
                "reported": reported.span,
                "reported_percent": [reported.low, reported.high],
                "source": reported.source,
                "recipe": ours.recipe if ours else None,
                "map": ours.run.mean_ap if ours else None,
            }
        )
    return listed
