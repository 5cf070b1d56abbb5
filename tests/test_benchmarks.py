"""The benchmarks run, at tiny sizes, and say what they should. What they measure is not tested."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.helpers import encoded, picture
from tests.scenes import scene

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
        ("words", "--pictures 30 --own=200", 1),
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


def test_the_benchmark_of_rankings_runs_on_a_corpus_of_ones_own(tmp_path):
    # Catches a recipe that was renamed, and a table without figures.
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    for seed in range(8):
        (images / f"p{seed}.png").write_bytes(encoded(picture(seed), "PNG"))
    for topic, name in (("a_1", "p0"), ("b_1", "p2")):
        lines = {"query": f"{name} 0 0 9 9", "good": f"{name}\np{int(name[1]) + 1}"}
        for label in ("query", "good", "ok", "junk"):
            (labels / f"{topic}_{label}.txt").write_text(lines.get(label, ""))
    written = tmp_path / "figures.json"
    options = (
        f"--images={images} --groundtruth={labels} --dim=2 --limit=1 --rows=40 --json={written}"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIS_")}
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.ranking", *options.split()],
        cwd=PROJECT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert finished.returncode == 0, finished.stderr
    tables = json.loads(written.read_text())["tables"]
    assert [row["descriptors"] for row in tables["Extraction"]][:3] == [
        "fc6",
        "lite0",
        "rgem-lite0",
    ]
    assert {"pixels", "rgem-lite0-regions"} <= {row["recipe"] for row in tables["Ranking"]}


def test_the_benchmark_of_geometry_runs_on_pictures_of_ones_own(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(3):
        (folder / f"{seed}.png").write_bytes(encoded(scene(seed), "PNG"))
    (folder / "again.png").write_bytes(encoded(scene(0), "PNG"))
    written = tmp_path / "figures.json"
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.geometry", str(folder), "--rounds=1"),
            *("--features", "200", f"--json={written}"),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert finished.returncode == 0, finished.stderr
    tables = json.loads(written.read_text())["tables"]
    assert tables["Describing"][0]["features a picture"] > 100
    # Of six pairs one is of one place.
    assert (tables["Verifying"][0]["pairs"], tables["Verifying"][0]["proven"]) == (6, 1)
