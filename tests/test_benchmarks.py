"""The benchmarks run, at tiny sizes, and say what they should. What they measure is not tested."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

PROJECT = settings.BASE_DIR
PATIENCE = 600  # seconds; only a hang takes that long


@pytest.mark.parametrize(
    ("program", "options", "tables"),
    [
        ("extraction", "--images=2 --batch-size=2 --side=64", 2),
        ("search", "--rows 40 60 --batch=2", 4),
        ("serving", "--rows 40 --clients 1 2 --pictures=1", 2),
        ("loading", "--rows 40 60 --no-network", 2),
        ("evaluation", "--rows=850", 1),  # the judged pictures are 845
    ],
)
def test_a_benchmark_runs_and_writes_its_tables(tmp_path, program, options, tables):
    # Catches benchmarks that rot: a renamed function, a variant whose answers differ from the
    # original's (each program checks that), tables that are empty.
    written = tmp_path / "figures.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIS_")}
    finished = subprocess.run(
        [
            *(sys.executable, "-m", f"benchmarks.{program}", "--rounds=1", "--pause=0"),
            *options.split(),
            f"--json={written}",
        ],
        cwd=PROJECT,
        env=kept | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert finished.returncode == 0, finished.stderr
    figures = json.loads(written.read_text())
    assert len(figures["tables"]) >= tables
    for rows in figures["tables"].values():
        assert rows
        numbers = [value for row in rows for value in row.values() if isinstance(value, float)]
        assert all(number > 0 for number in numbers)
    assert figures["machine"]["processor"]
    # All that it made is gone, but for the figures.
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
