"""What the benchmark's own program answered; `data/oxford_reference/README.md` says more."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data" / "oxford_reference"


@dataclass(frozen=True)
class Scored:
    """One topic's ranking of 1,000 names, and its average precision by protocol: of the whole
    ranking and of its first 100 names alone. Six significant digits."""

    topic: str
    ranking: list[str]
    ap: dict[str, float]
    ap_of_100: dict[str, float]


def scored_rankings() -> list[Scored]:
    """All 55 topics, by name."""
    names = (FOLDER / "names.txt").read_text().split()
    with (FOLDER / "ap.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    rankings = np.load(FOLDER / "rankings.npy")
    scored = []
    for row, ranking in zip(rows, rankings, strict=True):
        topic = row.pop("query")
        figures = {name: float(value) for name, value in row.items()}
        scored.append(
            Scored(
                topic=topic,
                ranking=[names[at] for at in ranking],
                ap={name: value for name, value in figures.items() if "_" not in name},
                ap_of_100={
                    name.removesuffix("_top100"): value
                    for name, value in figures.items()
                    if name.endswith("_top100")
                },
            )
        )
    return scored
