"""System checks of the catalogue's configuration. None of them loads weights."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import connections

from .descriptors import DEFAULT, DescriptorError, check_descriptor
from .descriptors.backbones.precision import check_precision
from .descriptors.backbones.weights import IMAGENET, UNTRAINED
from .descriptors.local.registry import check_local, local_names
from .descriptors.registry import SETTING
from .triggers import SUPPORTED_VENDORS


@checks.register()
def check_weights(**_kwargs: Any) -> list[checks.CheckMessage]:
    weights = settings.SIS_WEIGHTS
    if weights in (IMAGENET, UNTRAINED) or Path(weights).is_file():
        return []
    return [
        checks.Error(
            f"SIS_WEIGHTS is {weights!r}, and there is no such file.",
            hint=f"Set it to {IMAGENET!r}, {UNTRAINED!r} or the path of a Keras VGG16 file.",
            id="catalog.E002",
        )
    ]


@checks.register()
def check_precision_in_use(**_kwargs: Any) -> list[checks.CheckMessage]:
    try:
        check_precision(settings.SIS_PRECISION)
    except DescriptorError as error:
        return [checks.Error(str(error), id="catalog.E005")]
    return []


@checks.register(checks.Tags.database)
def check_database(databases: Any = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    return [
        checks.Error(
            f"Database {alias!r} is {connections[alias].vendor}, which is not supported.",
            hint=f"Set DATABASE_URL to one of: {', '.join(SUPPORTED_VENDORS)}.",
            id="catalog.E003",
        )
        for alias in databases or []
        if connections[alias].vendor not in SUPPORTED_VENDORS
    ]


@checks.register()
def check_limits(**_kwargs: Any) -> list[checks.CheckMessage]:
    return above_zero("SIS_MAX_PIXELS", "SIS_MAX_UPLOAD_PIXELS", id="catalog.E004")


def above_zero(*names: str, id: str) -> list[checks.CheckMessage]:
    """Return an error for each of these settings that is not a whole number above zero."""
    return [
        checks.Error(
            f"{name} is {getattr(settings, name)}.",
            hint="Set it to a whole number above zero.",
            id=id,
        )
        for name in names
        if getattr(settings, name) < 1
    ]


def not_negative(*names: str, id: str) -> list[checks.CheckMessage]:
    """Return an error for each of these settings that is below zero; 0 switches something off."""
    return [
        checks.Error(
            f"{name} is {getattr(settings, name)}.",
            hint="Set it to a whole number above zero, or to 0 for none.",
            id=id,
        )
        for name in names
        if getattr(settings, name) < 0
    ]


@checks.register()
def check_descriptors(**_kwargs: Any) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    if DEFAULT not in settings.SIS_DESCRIPTORS:
        messages.append(
            checks.Error(f"{SETTING} has no descriptor {DEFAULT!r}.", id="catalog.E006")
        )
    for name in settings.SIS_DESCRIPTORS:
        try:
            check_descriptor(name)
        except ImproperlyConfigured as error:
            messages.append(checks.Error(str(error), id="catalog.E007"))
    return messages


@checks.register()
def check_local_descriptors(**_kwargs: Any) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    for name in local_names():
        try:
            check_local(name)
        except ImproperlyConfigured as error:
            messages.append(checks.Error(str(error), id="catalog.E008"))
    return messages


# Of each back end with a bucket: the option that names it, and the extra that installs its library.
BUCKETS = {
    "catalog.files.bucket": ("bucket_name", "s3"),
    "storages.backends.gcloud": ("bucket_name", "google"),
    "storages.backends.azure_storage": ("azure_container", "azure"),
}


@checks.register()
def check_storages(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Make each storage, which connects to nothing yet, and see that it knows its bucket."""
    aliases = [alias for alias in settings.STORAGES if alias != "staticfiles"]
    return [message for alias in aliases for message in check_storage(alias)]


def check_storage(alias: str) -> list[checks.CheckMessage]:
    backend = settings.STORAGES[alias]["BACKEND"]
    option, extra = BUCKETS.get(backend.rpartition(".")[0], ("", ""))
    try:
        storage = storages[alias]
    except (ImproperlyConfigured, ImportError, TypeError) as error:
        hint = f'pip install "django-storages[{extra}]", and check its options.' if extra else None
        text = f"The storage {alias!r} ({backend}) cannot be used: {error}"
        return [checks.Error(text, hint=hint, id="catalog.E009")]
    if option and not getattr(storage, option, None):
        text = f"The storage {alias!r} ({backend}) has no {option!r}."
        hint = "Name it in the options of the storage."
        return [checks.Error(text, hint=hint, id="catalog.E010")]
    return []
