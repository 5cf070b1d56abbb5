"""lite0: the last maps of EfficientNet-Lite0, averaged. 1280 components, all >= 0.

The descriptor that ranks well where nothing can be downloaded: a twentieth of fc6's work.
"""

from django.utils.translation import gettext_lazy as _

from .pooled import PooledDescriptor


class Lite0Descriptor(PooledDescriptor):
    """The whole picture squashed to 224 x 224 pixels, as the network was trained on."""

    def __init__(self) -> None:
        super().__init__(backbone="lite0", layer="top", pooling="average", size=224, squash=True)
        self.title = "lite0"
        self.purpose = _("What a picture shows as a whole, as a small network of 2020 sees it.")
