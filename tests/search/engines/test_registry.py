"""Engines are found by alias, and a mistake in the setting is named, also by a system check."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured

from search.checks import check_engines
from search.engines import check_engine, get_engine

EXACT = "search.engines.exact.ExactEngine"


def test_an_unknown_alias_names_the_choices():
    with pytest.raises(ImproperlyConfigured, match=r"SEARCH_ENGINES has no engine 'x'.*default"):
        get_engine("x")


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ({"BACKEND": "search.nowhere.Engine"}, "search.nowhere.Engine.*cannot be imported"),
        ({"BACKEND": "search.engines.exact.Nothing"}, "cannot be imported"),
        ({"BACKEND": "catalog.models.Image"}, "is not a SearchEngine"),
        ({}, "None.*cannot be imported"),
        ({"BACKEND": EXACT, "OPTIONS": {"probes": 3}}, "unknown probes.*takes: cache"),
    ],
)
def test_a_wrong_declaration_is_refused_and_checked(settings, declared, complaint):
    settings.SEARCH_ENGINES = {"default": declared}
    with pytest.raises(ImproperlyConfigured, match=complaint):
        check_engine("default")
    assert [message.id for message in check_engines()] == ["search.E002"]


def test_a_missing_default_is_a_check_error(settings):
    settings.SEARCH_ENGINES = {"other": {"BACKEND": EXACT}}
    assert [message.id for message in check_engines()] == ["search.E001"]


def test_the_shipped_setting_is_right():
    assert check_engines() == []
    assert check_engine("default")[0].__name__ == "ExactEngine"


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        ("exact", EXACT),
        ("certified", "search.engines.certified.CertifiedEngine"),
        ("some.module.Engine", "some.module.Engine"),
    ],
)
def test_the_environment_chooses_the_engine(name, backend, tmp_path):
    program = (
        "import sys; from sis_project.settings import SEARCH_ENGINES; "
        "sys.stdout.write(SEARCH_ENGINES['default']['BACKEND'])"
    )
    environment = os.environ | {"SIS_ENGINE": name, "SIS_VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == backend


def test_the_certified_engine_is_found_by_its_path(settings, faiss):
    path = "search.engines.certified.CertifiedEngine"
    settings.SEARCH_ENGINES = {"default": {"BACKEND": path, "OPTIONS": {"rerank": 100}}}
    assert check_engines() == []
    assert check_engine("default")[0].__name__ == "CertifiedEngine"
