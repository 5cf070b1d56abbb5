"""What an image is to searches by a descriptor. Pure: no Django."""

from dataclasses import dataclass
from enum import StrEnum


class FeatureState(StrEnum):
    """What an image is to searches by one descriptor and model id; each has exactly one state.

    `CURRENT` images take part. Of the others, `FAILED` have a recorded extraction error,
    `OUTDATED` a vector of another model id, `MISSING` neither. Where the model id is unknown,
    because the weights are gone, a vector without an error is `PRESENT`.
    """

    CURRENT = "current"
    OUTDATED = "outdated"
    FAILED = "failed"
    MISSING = "missing"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class FeatureCounts:
    """How many images of a set are in each `FeatureState`, for one descriptor and model id."""

    current: int
    outdated: int
    failed: int
    missing: int

    @property
    def total(self) -> int:
        return self.current + self.left_out

    @property
    def left_out(self) -> int:
        """How many cannot be searched."""
        return self.outdated + self.failed + self.missing


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """What is known of one image's features; `model_id` and `error` are empty where there is none.

    `model_id` is that of the vector it has, whatever its state.
    """

    state: FeatureState
    model_id: str
    error: str
