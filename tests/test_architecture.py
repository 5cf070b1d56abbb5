"""One direction of imports, and nothing heavy at start."""

import os
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("catalog", "search", "evaluation")  # each may import those before it
PURE = {
    "catalog.vectors",
    "catalog.descriptors.backbones.alignment",
    "catalog.descriptors.backbones.digests",
    "catalog.descriptors.preprocessing",
    "catalog.descriptors.backbones.tensorflow_import",
    "search.index.array_file",
    "search.index.blocks",
    "search.engines.certified.bounds",
    "search.engines.certified.files",
    "search.engines.certified.codes",
    "search.index.ranking",
    "search.index.rows",
    "search.index.snapshot",
    "evaluation.measures.label_bounds",
    "evaluation.formats.differences",
    "evaluation.formats.oxford",
    "evaluation.measures.metrics",
    "evaluation.measures.protocols",
    "evaluation.measures.scoring",
    "evaluation.measures.significance",
    "evaluation.formats.tables",
    "evaluation.formats.trec",
}


@pytest.fixture(scope="module")
def graph():
    """Every import of the project, also those inside functions and of type checking only."""
    return grimp.build_graph(*APPS, "sis_project", include_external_packages=True)


@pytest.mark.parametrize("app", APPS)
def test_apps_import_only_what_stands_below_them(graph, app):
    allowed = set(APPS[: APPS.index(app) + 1])
    for module in graph.find_descendants(app) | {app}:
        for imported in graph.find_modules_directly_imported_by(module):
            top = imported.split(".")[0]
            assert top not in {*APPS, "sis_project"} - allowed, f"{module} imports {imported}"


def test_there_are_no_import_cycles_between_modules(graph):
    for module in graph.modules:
        if module.split(".")[0] in APPS and "migrations" not in module:
            chain = None
            for imported in graph.find_modules_directly_imported_by(module):
                chain = chain or graph.find_shortest_chain(imported, module)
            # A package may hold submodules that import it lazily; anything longer is a cycle.
            assert chain is None or any("descriptors" in step for step in chain), chain


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_know_no_django(graph, module):
    imported = graph.find_upstream_modules(module)
    assert not {name for name in imported if name.split(".")[0] == "django"}


def test_starting_up_and_checking_load_no_network():
    # TensorFlow takes seconds and half a gigabyte: no command but those that describe may pay.
    program = (
        "import django, sys; django.setup(); from django.core.management import call_command; "
        "call_command('check'); import sis_project.urls, search.views, catalog.admin; "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_required_packages_are_bounded():
    # An unbounded requirement installs a release that nobody has tried.
    for name in ("requirements.txt", "requirements-certified.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.search(r">=[\d.]+,<[\d.]+", line), f"{name}: {line}"
