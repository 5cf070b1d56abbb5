"""System checks of the catalogue's configuration. None of them loads weights."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections

from .descriptors import DescriptorError
from .descriptors.backbones.precision import check_precision
from .descriptors.backbones.weights import IMAGENET, UNTRAINED
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
    names = ("SIS_MAX_UPLOAD_BYTES", "SIS_MAX_PIXELS", "SIS_QUERY_DAYS")
    return [
        checks.Error(
            f"{name} is {getattr(settings, name)}.",
            hint="Set it to a whole number above zero.",
            id="catalog.E004",
        )
        for name in names
        if getattr(settings, name) < 1
    ]
