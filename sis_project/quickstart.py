"""Steps of `manage.py quickstart`. Each looks whether it is done already, and then does nothing."""

import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

import sample_corpus
from catalog.descriptors import DescriptorError
from catalog.descriptors.backbones.weights import IMAGENET, UNTRAINED, present_file
from catalog.models import Image

SAMPLE = "sample"
ADMIN = "admin"
# The descriptor that means something at once: no download, and seconds for the sample.
FIRST = "lite0"


def choose_weights() -> DescriptorError | None:
    """Make sure of the weights: ImageNet's if they can be had, otherwise go on untrained.

    Returns None, or why ImageNet's cannot be had; the choice of untrained weights is then written
    to the settings file under `var/`, so that every later command and the pages agree on it.
    Weights that the settings name explicitly are left alone.
    """
    if settings.SIS_WEIGHTS != IMAGENET:
        return None
    try:
        present_file(IMAGENET, memory=settings.SIS_VAR_DIR / "cache" / "weights-checksums.json")
    except DescriptorError as error:
        remember_untrained(settings.SIS_SETTINGS_FILE)
        settings.SIS_WEIGHTS = UNTRAINED
        return error
    return None


def remember_untrained(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(
            "# Written by quickstart, which could not get the ImageNet weights.\n"
            "# Delete the next line to let it try again.\n"
            f"SIS_WEIGHTS={UNTRAINED}\n"
        )


def wants_sample() -> bool:
    """Tell whether the sample corpus is to be imported: the catalogue holds nothing of its own,
    and not all of the sample yet."""
    if Image.objects.exclude(collection__slug=SAMPLE).exists():
        return False
    return Image.objects.count() < sample_corpus.count()


def has_sample() -> bool:
    return Image.objects.filter(collection__slug=SAMPLE).exists()


def render_sample(*, on_progress: Callable[[int, int], None]) -> Path:
    """Return the folder of the rendered corpus, rendering it if it is not there whole."""
    directory = settings.SIS_VAR_DIR / "sample"
    if not sample_corpus.is_complete(directory):
        sample_corpus.render(directory, on_progress=on_progress)
    return directory


def make_admin() -> str | None:
    """Create an administrator if there is none; returns its password, known to nobody else."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(ADMIN, password=password)
    return password
