"""What every page shows about the descriptor in use."""

from django.conf import settings
from django.http import HttpRequest

from .descriptors import get_descriptor


def weights_in_use(request: HttpRequest) -> dict[str, object]:
    """`untrained_weights`: True where rankings come from random weights; pages carry a banner."""
    return {
        "untrained_weights": not get_descriptor().trained,
        "max_upload": settings.SIS_MAX_UPLOAD_BYTES,
    }
