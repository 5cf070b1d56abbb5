"""What hostile pictures cost: each alone, and eight at once beside an innocent visitor.

    python -m benchmarks.decoding [--side 7070] [--kinds KIND ...] [--no-server] [--json FILE]

Alone, each file is decoded in a process of its own, as an upload. Beside a visitor, eight are sent
at once to a server that is started for it, as README says; meanwhile another client loads a page
and searches with a photograph, again and again. Memory is Linux's VmRSS and VmHWM.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from . import hostile
from .measuring import Report, arguments

AT_ONCE = 8
MB = 1024**2
Row = dict[str, Any]


def resident(what: str, process: int | str = "self") -> int:
    """Bytes of `VmRSS` (now) or `VmHWM` (at most so far) of a process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(what)


def reset_peak(process: int | str = "self") -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5")


def decode_alone(path: Path) -> Row:
    """Decode one file in this process, as an upload; return what it cost."""
    import django

    django.setup()
    from catalog.pixels import PictureError, decode, for_uploads

    decode(BytesIO(hostile.saved(hostile.flat("RGB", 64), "JPEG")))  # libraries load on first use
    content = path.read_bytes()
    gc.collect()
    reset_peak()
    before, started = resident("VmRSS"), time.perf_counter()
    try:
        width, height = decode(BytesIO(content), for_uploads()).pixels.size
        outcome = f"{width} x {height}"
    except PictureError as error:
        outcome = f"refused ({error.fault})"
    seconds = time.perf_counter() - started
    gc.collect()
    return {
        "seconds": seconds,
        "peak MB": max(0.0, (resident("VmHWM") - before) / MB),
        "left MB": max(0.0, (resident("VmRSS") - before) / MB),
        "outcome": outcome,
    }


def measure_alone(files: dict[str, Path], rounds: int) -> list[Row]:
    rows = []
    for kind, path in files.items():
        runs = []
        for _ in range(rounds):
            command = [sys.executable, "-m", "benchmarks.decoding", "--one", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            runs.append(json.loads(done.stdout))
        best = min(runs, key=lambda run: run["seconds"])
        size = path.stat().st_size
        rows.append({"file": kind, "kB": size / 1000, **best})
    return rows


def measure_beside(files: dict[str, Path], seconds: float) -> list[Row]:
    """Send eight of each kind at once; return what the server took and a visitor waited."""
    from .visiting import running_server

    photograph = hostile.saved(hostile.noise(2000), "JPEG")
    rows = []
    with running_server() as site:
        site.upload(photograph)
        for kind, path in files.items():
            content = path.read_bytes()
            time.sleep(1)
            reset_peak(site.process)
            before = resident("VmRSS", site.process)
            with ThreadPoolExecutor(AT_ONCE) as attackers:
                started = time.perf_counter()
                sent = [attackers.submit(site.upload, content) for _ in range(AT_ONCE)]
                pages = waits(lambda: site.get("/"), sent, seconds)
                searches = waits(lambda: site.upload(photograph), sent, seconds)
                answers = sorted(future.result() for future in sent)
                ended = time.perf_counter() - started
            time.sleep(1)
            rows.append(
                {
                    "8 at once": kind,
                    "peak MB": (resident("VmHWM", site.process) - before) / MB,
                    "left MB": max(0.0, (resident("VmRSS", site.process) - before) / MB),
                    "all answered, s": ended,
                    "a page waits at most, s": max(pages),
                    "a search waits at most, s": max(searches),
                    "answers": " ".join(map(str, answers)),
                }
            )
    return rows


def waits(visit: Callable[[], Any], sent: list[Any], seconds: float) -> list[float]:
    """Visit again and again while the others are answered; return how long each visit took."""
    taken: list[float] = []
    ends = time.perf_counter() + seconds
    while not taken or (time.perf_counter() < ends and not all(f.done() for f in sent)):
        started = time.perf_counter()
        visit()
        taken.append(time.perf_counter() - started)
    return taken


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=3)
    parser.add_argument("--side", type=int, default=hostile.SIDE, help="of the square pictures")
    parser.add_argument("--kinds", nargs="+", choices=list(hostile.KINDS), help="only these")
    parser.add_argument("--no-server", action="store_true", help="only each file alone")
    parser.add_argument("--files", type=Path, default=None, help="keep the files in this folder")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
    if options.one:
        print(json.dumps(decode_alone(options.one)))
        return
    report = Report("Hostile pictures", options)
    with tempfile.TemporaryDirectory(prefix="sis-hostile-") as temporary:
        folder = options.files or Path(temporary)
        folder.mkdir(exist_ok=True)
        files = {}
        for kind in options.kinds or hostile.KINDS:
            files[kind] = folder / f"{slugify(kind)}-{options.side}"
            if not files[kind].exists():
                files[kind].write_bytes(hostile.KINDS[kind](options.side))
        report.table("Each alone, as an upload", measure_alone(files, options.rounds))
        if not options.no_server:
            report.table("Eight at once", measure_beside(files, seconds=30))
    report.close()


if __name__ == "__main__":
    main()
