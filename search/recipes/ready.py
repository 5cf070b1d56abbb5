"""Recipes that need no declaration. None of them is a default: groups may be small."""

from typing import Any

from django.utils.translation import gettext_lazy as _

READY: dict[str, Any] = {
    "rgem-lite0-expanded": {
        "PARTS": ["rgem-lite0"],
        "EXPANSION": {"METHOD": "alpha", "N": 3, "ALPHA": 3},
        "TITLE": _("R-GeM (lite0), asked again with the first 3"),
        "PURPOSE": _(
            "Finds more of what the first 3 results show (weights: similarity to the power of 3). "
            "Good where many pictures show the same, harmful where few do."
        ),
    },
    "crow-vgg16-qe": {
        "PARTS": ["crow-vgg16"],
        "EXPANSION": {"METHOD": "average", "N": 10},
        "TITLE": _("CroW (VGG16), asked again with the first 10"),
        "PURPOSE": _("As its authors measured it: good where many pictures show the same."),
    },
    "rgem-lite0-regions": {
        "PARTS": ["rgem-lite0"],
        "REGIONS": True,
        "TITLE": _("Parts of pictures (R-GeM, lite0)"),
        "PURPOSE": _("Finds a small thing in a large picture, and shows where. Slower."),
    },
    "rgem-lite0-and-colours": {
        "PARTS": {"rgem-lite0": 1.0, "colour-layout": 0.3},
        "TITLE": _("R-GeM (lite0) with colour layout"),
        "PURPOSE": _("The same thing, and among those first what has the same colours."),
    },
}
