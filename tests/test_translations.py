"""The Vietnamese catalogue holds every text of the project, and is compiled.

English needs none: it is what the sources say.

CONTRIBUTING.md says how to add a translation after a text has changed.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LANGUAGES = ["vi"]
ADVICE = "run makemessages and compilemessages as CONTRIBUTING.md says"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[#0\- +]?\d*(?:\.\d+)?[a-zA-Z%]|\{\w*[^{}]*\}")
# Names, which are the same in Vietnamese.
SAME_IN_VIETNAMESE = {"%(number)s ms", "SHA-256"}


def catalogue(language: str, suffix: str = "po") -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def entries(language: str) -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(catalogue(language))) if not entry.obsolete]


def forms(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Pairs of what is translated and its translation, one per plural form."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    # The last form is the general one, whatever the number of forms.
    last = len(entry.msgstr_plural) - 1
    return [
        (entry.msgid_plural if index == last else entry.msgid, translated)
        for index, translated in sorted(entry.msgstr_plural.items())
    ]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory) -> set[tuple[str, str | None]]:
    """Every text that the sources hold now: (text, context)."""
    if shutil.which("xgettext") is None:
        message = "xgettext (gettext) is not installed"
        if os.environ.get("SIS_TESTS_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    copy = tmp_path_factory.mktemp("sources") / "project"
    ignored = shutil.ignore_patterns(
        ".*", "__pycache__", "var", "tests", "venv", "*.po", "*.mo", "groundtruth", "*.jpg"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    (copy / "locale").mkdir(exist_ok=True)
    command = ["-m", "django", "makemessages", "-l", "en", "--no-location"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": str(copy)}
    subprocess.run([sys.executable, *command], cwd=copy, env=environment, check=True)
    found = polib.pofile(str(copy / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    assert len(found) > 100
    return {(entry.msgid, entry.msgctxt) for entry in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_exactly_the_texts_of_the_sources(extracted, language):
    # Catches a text that was added or changed, but not translated.
    there = {(entry.msgid, entry.msgctxt) for entry in entries(language)}
    assert extracted - there == set(), ADVICE
    assert there - extracted == set(), ADVICE


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language):
    # Catches gaps, guesses of the tool, and leftovers.
    po = polib.pofile(str(catalogue(language)))
    assert not po.metadata_is_fuzzy
    assert [entry.msgid for entry in po.untranslated_entries()] == []
    assert [entry.msgid for entry in po.fuzzy_entries()] == []
    assert [entry.msgid for entry in po.obsolete_entries()] == []
    assert po.metadata["Language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_every_placeholder(language):
    # Catches a translation that crashes, or swallows a number.
    for entry in entries(language):
        for text, translated in forms(entry):
            wanted, found = (Counter(PLACEHOLDER.findall(side)) for side in (text, translated))
            assert wanted == found, entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    # Catches a .po that was edited and not compiled: users would see the old text.
    def texts(catalogue_entries):
        return {
            (entry.msgctxt, entry.msgid, entry.msgid_plural or ""): forms(entry)
            for entry in catalogue_entries
            if entry.msgid
        }

    compiled = polib.mofile(str(catalogue(language, "mo")))
    assert texts(compiled) == texts(entries(language)), ADVICE


def test_vietnamese_is_not_english():
    # Catches texts copied over instead of translated.
    same = {entry.msgid for entry in entries("vi") if entry.msgstr == entry.msgid}
    assert same - SAME_IN_VIETNAMESE == set()


def test_vietnamese_has_its_one_plural_form():
    # Catches a header that makes gettext look for a form that is not there.
    po = polib.pofile(str(catalogue("vi")))
    assert "nplurals=1" in po.metadata["Plural-Forms"]
    assert {len(entry.msgstr_plural) for entry in po if entry.msgid_plural} == {1}
