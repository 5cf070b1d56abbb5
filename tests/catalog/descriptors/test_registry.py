"""Descriptors are declared in one setting; what is wrong with it is said by name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured

from catalog.checks import check_descriptors
from catalog.descriptors import (
    Descriptor,
    DescriptorError,
    check_descriptor,
    descriptor_names,
    get_descriptor,
)
from tests.helpers import encoded, picture

FC6 = "catalog.descriptors.fc6.Fc6Descriptor"


class Declared(Descriptor):
    dim, model_id, trained = 3, "declared/1", True

    def __init__(self, *, side: int = 1) -> None:
        self.side = side

    def describe(self, images):
        raise NotImplementedError


class Lacking(Declared):
    @classmethod
    def check(cls, **options) -> None:
        raise ImproperlyConfigured("It needs the package nowhere.")


PATH = f"{__name__}.Declared"


def test_the_shipped_setting_is_right():
    assert check_descriptors() == []
    assert descriptor_names() == ["fc6", "lite0", "rgem-lite0", "colour-layout"]


def test_a_declaration_is_a_path_or_a_path_with_options(settings):
    settings.SIS_DESCRIPTORS = {
        "fc6": FC6,
        "plain": PATH,
        "wide": {"BACKEND": PATH, "OPTIONS": {"side": 7}},
    }
    assert check_descriptors() == []
    assert (get_descriptor("plain").side, get_descriptor("wide").side) == (1, 7)
    assert (get_descriptor("plain").name, get_descriptor("wide").name) == ("plain", "wide")
    assert get_descriptor("wide") is get_descriptor("wide")
    assert get_descriptor("wide", side=9).side == 9


def test_an_unknown_name_is_answered_with_the_choices():
    with pytest.raises(
        DescriptorError, match=r"“sift”. Descriptors: fc6, lite0, rgem-lite0, colour-layout"
    ):
        get_descriptor("sift")


def test_an_option_of_another_descriptor_is_refused():
    # Catches `--weights` that is silently ignored.
    with pytest.raises(DescriptorError, match="“colour-layout” has no option weights"):
        get_descriptor("colour-layout", weights="imagenet")


@pytest.mark.parametrize(
    ("name", "declaration", "complaint"),
    [
        ("x", "nowhere.Descriptor", r"SIS_DESCRIPTORS\['x'\].*cannot be imported"),
        ("x", "catalog.models.Image", "is not a Descriptor"),
        ("x", {"BACKEND": PATH, "OPTIONS": {"sides": 3}}, "unknown sides.*takes: side"),
        ("x", 7, "is 7, which is not a dotted path"),
        ("x", {}, "None"),
        ("x", f"{__name__}.Lacking", "needs the package nowhere"),
        ("x y", PATH, "the name 'x y'"),
        ("a__b", PATH, "the name 'a__b'"),
        ("fc6", PATH, "vectors of this name have 4096 components"),
    ],
)
def test_a_wrong_declaration_is_refused_and_checked(settings, name, declaration, complaint):
    settings.SIS_DESCRIPTORS = {"fc6": FC6, name: declaration}
    with pytest.raises(ImproperlyConfigured, match=complaint):
        check_descriptor(name)
    assert [message.id for message in check_descriptors()] == ["catalog.E007"]


def test_a_missing_default_is_a_check_error(settings):
    settings.SIS_DESCRIPTORS = {"other": PATH}
    assert [message.id for message in check_descriptors()] == ["catalog.E006"]


OUTSIDE = '''
import numpy as np
from catalog.descriptors import Descriptor


class MeanColour(Descriptor):
    """The mean colour: three numbers."""

    dim = 3
    model_id = "mean-colour/1"
    trained = True

    def describe(self, images):
        rows = np.array([np.asarray(image).mean(axis=(0, 1)) + 1 for image in images], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
'''


@pytest.mark.slow
def test_a_class_of_another_package_is_one_line_of_settings(tmp_path: Path):
    """Catches anything that would have to be changed in the project for a descriptor of one's own:
    a package elsewhere, one line in settings.env, and the commands, in processes of their own."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "__init__.py").write_text(OUTSIDE)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200)), ("pink", (210, 90, 90))):
        image = picture(1).convert("L").convert("RGB").point(lambda level: level // 8)
        tinted = image.point([min(255, level + base) for base in colour for level in range(256)])
        (folder / f"{name}.png").write_bytes(encoded(tinted, "PNG"))
    var = tmp_path / "var"
    var.mkdir()
    line = 'SIS_DESCRIPTORS={"mean-colour": "outside.MeanColour"}'
    (var / "settings.env").write_text(f"SIS_WEIGHTS=untrained\n{line}\n")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SIS_", "DJANGO_", "DATABASE_"))
    } | {"SIS_VAR_DIR": str(var), "PYTHONPATH": str(tmp_path)}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    manage("migrate", "--verbosity=0")
    manage("import_images", str(folder), "--collection=places")
    assert "3 extracted" in manage("extract_features", "--descriptor=mean-colour")
    found = manage(
        *("search_images", str(folder / "red.png"), "--descriptor=mean-colour", "--format=json")
    )
    assert [hit["name"] for hit in json.loads(found)["hits"]] == ["red", "pink", "blue"]
