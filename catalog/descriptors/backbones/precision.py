"""Which numbers the network computes with. Reads no database, loads no TensorFlow."""

from django.utils.translation import gettext as _

from ..base import DescriptorError
from .processor import multiplies_bfloat16

FLOAT32 = "float32"
BFLOAT16 = "bfloat16"
PRECISIONS = (FLOAT32, BFLOAT16)


def check_precision(precision: str) -> None:
    """Raise `DescriptorError` for a precision that is unknown or that the processor lacks."""
    if precision not in PRECISIONS:
        raise DescriptorError(
            _("SIS_PRECISION is “%(precision)s”; there are: %(known)s.")
            % {"precision": precision, "known": ", ".join(PRECISIONS)}
        )
    if precision == BFLOAT16 and not multiplies_bfloat16():
        raise DescriptorError(
            _(
                "The precision bfloat16 needs Linux and a processor with AVX512_BF16 or AMX_BF16, "
                "which this machine does not have. Set SIS_PRECISION to float32."
            )
        )
