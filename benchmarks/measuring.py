"""What every benchmark shares: interleaved rounds, tables of ratios, and the machine's name."""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "numpy",
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "Django",
    "pillow",
    "opencv-python-headless",
    "faiss-cpu",
    "usearch",
)


@dataclass
class Variant:
    """One way to do a job: `run` does it once, `amount` says how many units that is.

    `run` may return the seconds to count instead of its own duration, where it times a part.
    `rest`: seconds to wait after it, where it leaves the machine something to do.
    """

    name: str
    run: Callable[[], float | None]
    amount: float = 1
    rest: float = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds a unit."""
        return statistics.median(self.seconds) / self.amount

    @property
    def best(self) -> float:
        return min(self.seconds) / self.amount


def interleave(
    variants: Sequence[Variant],
    *,
    rounds: int,
    pause: float = 0.3,
    warm: bool = True,
    twice: bool = False,
) -> None:
    """Run every variant once a round, so that a busy minute of the machine meets all of them.

    BLAS and OpenMP workers spin for a while after a call, and would be measured with whatever
    comes next: hence the pause. With `twice`, a variant runs twice in its turn, and the second
    time counts: for what takes milliseconds, after which idle processors have woken up and
    memory that others freed is back.
    """
    if warm:
        for variant in variants:
            variant.run()
    for _ in range(rounds):
        for variant in variants:
            time.sleep(pause)
            if twice:
                variant.run()
            started = time.perf_counter()
            seconds = variant.run()
            elapsed = time.perf_counter() - started
            variant.seconds.append(elapsed if seconds is None else seconds)
            time.sleep(variant.rest)


def timing_rows(variants: Sequence[Variant], *, baseline: str = "") -> list[dict[str, Any]]:
    """Return a row per variant: milliseconds a unit, and how many times faster than `baseline`.

    The ratio by median is the median of the rounds' own ratios: what slows the machine for a
    minute slows both.
    """
    base = next((variant for variant in variants if variant.name == baseline), variants[0])
    rows = []
    for variant in variants:
        ratios = [
            (theirs / base.amount) / (ours / variant.amount)
            for theirs, ours in zip(base.seconds, variant.seconds, strict=True)
        ]
        rows.append(
            {
                "variant": variant.name,
                "median ms": variant.median * 1000,
                "minimum ms": variant.best * 1000,
                "x by median": statistics.median(ratios),
                "x by minimum": base.best / variant.best,
            }
        )
    return rows


def machine() -> dict[str, Any]:
    """Name what the figures were measured on."""
    return {
        "processor": processor_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory GB": round(memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load before": [round(load, 2) for load in os.getloadavg()]
        if hasattr(os, "getloadavg")
        else [],
        "packages": {name: version for name in PACKAGES if (version := installed(name))},
    }


def processor_name() -> str:
    """The model, and which wide instructions it has: the model's name alone may not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    wide = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
    has = [flag for flag in wide if flag in facts.get("flags", "").split()]
    model = facts.get("model name", platform.machine())
    return (
        f"{model} (family {facts.get('cpu family')}, model {facts.get('model')}; {', '.join(has)})"
    )


def memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, AttributeError, OSError):
        return 0


def installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


class Report:
    """Tables on the terminal as they come, and everything in one JSON file at the end."""

    def __init__(self, title: str, options: argparse.Namespace) -> None:
        self.content: dict[str, Any] = {
            "benchmark": title,
            "machine": machine(),
            "options": {key: value for key, value in vars(options).items() if key != "json"},
            "tables": {},
            "notes": [],
        }
        self.path: Path | None = options.json
        facts = self.content["machine"]
        print(f"# {title}\n\n{facts['processor']}, {facts['cores']} cores, {facts['memory GB']} GB")
        print(f"{facts['system']}, Python {facts['python']}, {facts['packages']}")
        print(f"load average before: {facts['load before']}", flush=True)

    def table(self, title: str, rows: Sequence[dict[str, Any]]) -> None:
        self.content["tables"][title] = list(rows)
        print(f"\n## {title}\n\n{as_table(rows)}", flush=True)

    def note(self, text: str) -> None:
        self.content["notes"].append(text)
        print(f"\n{text}", flush=True)

    def close(self) -> None:
        if self.path:
            self.path.write_text(json.dumps(self.content, indent=1, default=str), encoding="utf-8")


def as_table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown, aligned, so that it reads well on a terminal and goes into a page as it is."""
    if not rows:
        return "(nothing measured)"
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, *([shown(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    lines = [joined(line, widths) for line in cells]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def joined(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"  # noqa: B905


def shown(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def arguments(description: str, *, rounds: int) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each variant runs")
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between variants")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    return parser
