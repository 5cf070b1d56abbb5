"""One direction of imports and links, pure modules that are pure, and nothing heavy at start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.architecture import (
    claims_of_purity,
    cycles,
    imports_of,
    impure,
    string_links,
    upward_imports,
    within,
)

ROOT = Path(settings.BASE_DIR)
LAYERS = {
    "sample_corpus": set(),
    "work": set(),
    "catalog": {"work"},
    "search": {"work", "catalog"},
    "evaluation": {"work", "catalog", "search"},
    "api": {"work", "catalog", "search", "evaluation"},
    "sis_project": {"work", "catalog", "search", "evaluation", "api", "sample_corpus"},
}
SETTINGS_OF = {
    "search": {"SEARCH_ENGINES", "SIS_ENGINE", "SIS_QUERY_DAYS", "SIS_QUERY_QUOTA_BYTES"}
}
# Rooms all of whose modules know no Django, whether or not their docstrings say so.
PURE_ROOMS = {"sample_corpus", "search.index", "evaluation.formats", "evaluation.measures"}


@pytest.fixture(scope="module")
def imports():
    return imports_of(*LAYERS)


def test_nothing_imports_itself_by_any_way(imports):
    found = cycles(imports)
    assert not found, "\n".join(found)


def test_packages_import_only_what_stands_below_them(imports):
    found = upward_imports(imports, LAYERS)
    assert not found, "\n".join(found)


def test_no_string_names_a_package_above():
    found = string_links(ROOT, LAYERS, SETTINGS_OF)
    assert not found, "\n".join(found)


def test_what_says_it_is_pure_knows_no_django(imports):
    claiming = claims_of_purity(ROOT, LAYERS.keys())
    assert len(claiming) > 20
    found = impure(imports, claiming | within(imports, PURE_ROOMS))
    assert not found, "\n".join(found)


# The same checks on tiny trees: a violation planted in each must be found, by name.

TINY = {"painter": set(), "lower": set(), "upper": {"lower"}, "top": {"painter", "lower", "upper"}}
CLEAN = {
    "painter/__init__.py": '"""Pure Pillow."""\nimport PIL',
    "lower/__init__.py": "",
    "lower/pure.py": '"""Adds. Pure: no Django."""\nimport math',
    "lower/models.py": '"""Rows, which upper/ reads by `upper.views`."""\nfrom . import pure',
    "upper/__init__.py": "",
    "upper/views.py": "import lower.models\nURL = 'upper:home'",
    "top/__init__.py": "import painter\nimport upper.views\nfrom django.urls import path",
    "templates/lower/page.html": '{# upper/ #}<input type="upper">Look it upper: here, or upper.\n',
    "templates/upper/page.html": "{% url 'lower:page' %}{% include 'upper/part.html' %}",
    "templates/base.html": "{% url 'upper:home' %}",
}


def violations(root: Path, monkeypatch: pytest.MonkeyPatch, planted: dict[str, str]) -> list[str]:
    """What all checks find in the clean tree with these files planted in it."""
    for name, source in (CLEAN | planted).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        if path.suffix == ".py":
            (path.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(root)
    imports = imports_of(*TINY)
    return [
        *cycles(imports),
        *upward_imports(imports, TINY),
        *string_links(root, TINY, {"upper": {"UPPER_DAYS"}}),
        *impure(imports, claims_of_purity(root, TINY.keys()) | within(imports, {"painter"})),
    ]


def test_a_clean_tree_is_found_clean(tmp_path, monkeypatch):
    # Catches checks that object to everything: prose, comments, links downwards and sideways.
    assert violations(tmp_path, monkeypatch, {}) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (
            {"lower/a.py": "from . import b", "lower/b.py": "from lower import a"},
            "lower.a -> lower.b -> lower.a",
        ),
        (
            {
                "lower/a.py": "import lower.b",
                "lower/b.py": "def late():\n    from .descriptors import fc6",
                "lower/descriptors/fc6.py": "from typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n    from lower.a import thing",
            },
            "lower.a -> lower.b -> lower.descriptors.fc6 -> lower.a",
        ),
        (
            {
                "lower/descriptors/__init__.py": "NAMES = 1\ndef get():\n    from .fc6 import X",
                "lower/descriptors/fc6.py": "from . import NAMES",
            },
            "lower.descriptors -> lower.descriptors.fc6 -> lower.descriptors",
        ),
    ],
    ids=["of two", "of three, late and for types only", "of a package and its module"],
)
def test_a_cycle_is_found(tmp_path, monkeypatch, planted, found):
    assert violations(tmp_path, monkeypatch, planted) == [found]


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("lower/a", "import upper.parts", "lower.a imports upper.parts"),
        ("lower/a", "def late():\n    from upper import parts", "lower.a imports upper.parts"),
        ("lower/deep/a", "from upper.parts import x", "lower.deep.a imports upper.parts"),
        ("upper/a", "import top", "upper.a imports top"),
        ("lower/a", "import painter", "lower.a imports painter"),
        ("painter/a", "import lower", "painter.a imports lower"),
    ],
)
def test_an_import_upwards_is_found(tmp_path, monkeypatch, name, source, found):
    planted = {f"{name}.py": source, "upper/parts.py": "x = 1"}
    assert violations(tmp_path, monkeypatch, planted) == [found]


@pytest.mark.parametrize(
    "source",
    [
        'reverse("upper:home", args=[1])',
        'reverse(f"upper:{name}")',
        'CLASS = "upper.views.Home"',
        'models.ForeignKey("upper.Thing")',
        'apps.get_model("upper", "Thing")',
        'dependencies = [("upper", "0001_initial")]',
        'render(request, "upper/page.html")',
        'HOME = "/upper/"',
        "days = settings.UPPER_DAYS",
        'days = getattr(settings, "UPPER_DAYS")',
        'reverse("top:home")',
    ],
)
def test_a_string_that_names_a_package_above_is_found(tmp_path, monkeypatch, source):
    above = "top" if "top" in source else "upper"
    (found,) = violations(tmp_path, monkeypatch, {"lower/a.py": f"x = 1\n{source}"})
    assert found.startswith(f"lower/a.py:2 names {above}: ")


@pytest.mark.parametrize(
    "source",
    [
        "{% url 'upper:home' image.pk %}",
        '{% include "upper/_part.html" %}',
        '{% extends "upper/base.html" %}',
        '<a href="/upper/1/">',
        "{% if 'upper.view_thing' in perms %}",
    ],
)
@pytest.mark.parametrize("folder", ["templates/lower", "lower/templates/lower"])
def test_a_template_that_names_a_package_above_is_found(tmp_path, monkeypatch, folder, source):
    planted = {f"{folder}/part.html": f"{{% comment %}}\nupper/\n{{% endcomment %}}\n{source}"}
    (found,) = violations(tmp_path, monkeypatch, planted)
    assert found.startswith(f"{folder}/part.html:4 names upper: ")


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (
            {"lower/a.py": '"""Adds. Pure."""\nfrom django.conf import settings'},
            "lower.a -> django",
        ),
        (
            {"lower/a.py": '"""Adds. No Django models."""\ndef f():\n    import django'},
            "lower.a -> django",
        ),
        (
            {"lower/a.py": '"""Adds: no\nDjango."""\nfrom .b import x', "lower/b.py": "import csp"},
            "lower.a -> lower.b -> csp",
        ),
        (
            {"lower/kept/__init__.py": '"""PURE."""\nimport storages'},
            "lower.kept -> storages",
        ),
        ({"painter/a.py": "import django.utils"}, "painter.a -> django"),
    ],
    ids=["directly", "late", "through another", "a package", "in a pure room, without a word"],
)
def test_a_pure_module_that_knows_django_is_found(tmp_path, monkeypatch, planted, found):
    assert violations(tmp_path, monkeypatch, planted) == [found]


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
