"""Imports of folders that change, and searches for names, over PostgreSQL.

It checks uniqueness row by row too, but types, lengths and text are not SQLite's.
"""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

from django.conf import settings

from .files import write

PROGRAM = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from catalog.imports.importer import import_directory
from catalog.imports.pruning import prune
from catalog.models import Image, ImageVector
from pathlib import Path
from tests.helpers import MODEL_ID, unit_vectors

call_command("migrate", verbosity=0)
folder = Path(sys.argv[1])
import_directory(directory=folder, collection="places")
for image, vector in zip(Image.objects.order_by("name"), unit_vectors(10)):
    Image.objects.filter(pk=image.pk).update(fc6=vector, fc6_model_id=MODEL_ID)
    ImageVector.objects.create(image=image, descriptor="other", data=image.name.encode())
before = dict(Image.objects.values_list("sha256", "pk"))
(folder / "a.jpg").rename(folder / "aside")
(folder / "b.jpg").rename(folder / "a.jpg")
(folder / "aside").rename(folder / "b.jpg")
(folder / "c.jpg").rename(folder / "sub" / "c.jpg")
(folder / "d.jpg").replace(folder / "e.jpg")
(folder / "copy of a.jpg").write_bytes((folder / "a.jpg").read_bytes())
(folder / "gone.jpg").unlink()
report = import_directory(directory=folder, collection="places")
removed = prune(report=report)
images = Image.objects.all()
json.dump({
    "skipped": report.skipped, "renamed": len(report.renamed), "removed": removed,
    "names": sorted(images.values_list("name", flat=True)),
    "kept": sum(before[sha] == pk for sha, pk in images.values_list("sha256", "pk")),
    "vectors": images.filter(fc6__isnull=False).count(),
    "rows": ImageVector.objects.filter(data__isnull=False).count(),
    "found": [images.name_contains(text).count() for text in json.loads(sys.argv[2])],
}, sys.stdout)
"""


def test_a_folder_that_changed_and_names_in_any_case(postgres_url, tmp_path: Path):
    """Catches constraints checked too early, copies of vectors, and a filter of another rule."""
    for number, name in enumerate(("a", "b", "c", "d", "e", "gone", "sub/Chùa Đức")):
        write(tmp_path / "in" / f"{name}.jpg", number)
    texts = ["đức", "CHÙA", unicodedata.normalize("NFD", "chùa đ"), "%", "\0", "x" * 60_000]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "in"), json.dumps(texts)],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DATABASE_URL": postgres_url,
            "SIS_VAR_DIR": str(tmp_path / "var"),
            "SIS_WEIGHTS": "untrained",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "skipped": [],
        "renamed": 4,
        "removed": 1,
        "names": ["a", "b", "copy of a", "e", "sub/Chùa Đức", "sub/c"],
        "kept": 5,
        "vectors": 6,
        "rows": 6,
        "found": [1, 1, 1, 0, 0, 0],
    }
