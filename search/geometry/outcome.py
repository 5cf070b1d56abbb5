"""What came of comparing a query with several images. Pure."""

from dataclasses import dataclass, field

from .verification import Verified


@dataclass
class Verification:
    """What became of the images that a query was compared with.

    `found`: how an image shows what the query does, by image; `checked`: how many were compared,
    or have no features to compare; `wanted`: how many there were. `without`: those of them that
    have no current local features.
    """

    wanted: int
    found: dict[int, Verified] = field(default_factory=dict)
    checked: int = 0
    without: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether all were compared before time was up."""
        return self.checked == self.wanted
