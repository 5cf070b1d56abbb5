"""What poolings are called, and in a sentence what each is good for."""

from django.utils.translation import gettext_lazy as _

TITLES = {
    "average": _("average"),
    "spoc": "SPoC",
    "mac": "MAC",
    "rmac": "R-MAC",
    "crow": "CroW",
    "gem": "GeM",
    "rgem": "R-GeM",
    "attention": _("regional attention"),
}

PURPOSES = {
    "average": _("What a picture shows as a whole."),
    "spoc": _("What a picture shows in its middle."),
    "mac": _("Single striking details, wherever they are."),
    "rmac": _("The same building or thing, large or small, in any part of a picture."),
    "crow": _("What stands out, with more weight for what is rare."),
    "gem": _("Striking details rather than the whole."),
    "rgem": _("The same building or thing, large or small, in any part of a picture."),
    "attention": _("The parts of a picture that a network was trained to find important."),
}
