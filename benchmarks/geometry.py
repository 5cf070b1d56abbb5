"""What local features cost: to describe a picture by them, and to verify a pair of pictures.

    python -m benchmarks.geometry FOLDER [--features 1000 2000] [--pairs N] [--json FILE]

FOLDER holds photographs. Each is described; then pairs are compared, in one thread, and in as many
as there are cores, as searches do. Of the pairs a few are of one place, if the folder has such.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

from .measuring import Report, arguments

Row = dict[str, Any]


def described(paths: list[Path], local: Any) -> list[Any]:
    from catalog.pixels import decode

    def one(path: Path) -> Any:
        with path.open("rb") as file:
            return local.prepare(decode(file).pixels)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(one, paths))


def describing(paths: list[Path], numbers: list[int], rounds: int) -> list[Row]:
    """Files to local features, decoding included, on all cores."""
    from catalog.descriptors.local.rootsift import RootSift

    rows = []
    for number in numbers:
        local = RootSift(features=number)
        found, seconds = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            found = described(paths, local)
            seconds.append(time.perf_counter() - started)
        rows.append(
            {
                "features at most": number,
                "pictures a second": len(paths) / min(seconds),
                "features a picture": sum(map(len, found)) / len(found),
                "kB a picture": sum(len(local.encode(one)) for one in found) / len(found) / 1000,
            }
        )
    return rows


def verifying(paths: list[Path], numbers: list[int], pairs: int, rounds: int) -> list[Row]:
    """One product's thread each, as `search/verifying.py` has it."""
    from threadpoolctl import threadpool_limits

    from catalog.descriptors.local.rootsift import RootSift
    from search.geometry.rules import Rules
    from search.geometry.sides import Side
    from search.geometry.verification import verify

    rows = []
    for number in numbers:
        sides = [Side(one) for one in described(paths, RootSift(features=number))]
        tried = list(combinations(sides, 2))[:: max(1, len(sides) * (len(sides) - 1) // 2 // pairs)]

        def compare(pair: tuple[Side, Side]) -> bool:
            return verify(*pair, Rules()) is not None

        row: Row = {"features at most": number, "pairs": len(tried)}
        for workers in dict.fromkeys((1, os.cpu_count() or 1)):
            seconds = []
            with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
                for _ in range(rounds):
                    started = time.perf_counter()
                    proven = sum(pool.map(compare, tried))
                    seconds.append(time.perf_counter() - started)
            row[f"ms a pair, {workers} threads"] = 1000 * min(seconds) / len(tried)
            row["proven"] = proven
        rows.append(row)
    return rows


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=3)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--features", type=int, nargs="+", default=[1000, 2000])
    parser.add_argument("--pairs", type=int, default=300, metavar="N", help="at most, about")
    parser.add_argument("--pictures", type=int, default=40, metavar="N", help="at most")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
    import django

    django.setup()
    paths = sorted(path for path in options.folder.iterdir() if path.is_file())
    paths = paths[:: max(1, len(paths) // options.pictures)][: options.pictures]
    report = Report("Local features and geometry", options)
    report.table("Describing", describing(paths, options.features, options.rounds))
    report.table("Verifying", verifying(paths, options.features, options.pairs, options.rounds))
    report.close()


if __name__ == "__main__":
    main()
