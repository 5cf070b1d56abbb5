"""What every page knows of searching."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .recipes import default_recipe


def searching(request: HttpRequest) -> dict[str, object]:
    """`untrained_weights`: whether pages rank by random weights, and carry a banner that says so.

    Pages that rank say it of their own ranking. `max_upload`: in bytes.
    """
    return {
        "untrained_weights": SimpleLazyObject(lambda: not default_recipe().trained),
        "max_upload": settings.SIS_MAX_UPLOAD_BYTES,
    }
