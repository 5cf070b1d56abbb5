"""The weighting network of regional attention, from a file of the user's.

A `.npz` file, or one that `torch.save` wrote (read by `torch_file.py`), of the arrays
`conv_att_1.weight` (K, 2 C), `conv_att_1.bias` (K,), `conv_att_2.weight` (1, K) and
`conv_att_2.bias` (1,): the names of the published network.
"""

import logging
import zipfile
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from ..trouble.reasons import reason
from .backbones.digests import file_digest
from .backbones.torch_file import TorchFileError, read_tensors
from .base import DescriptorError
from .pooling.attention import AttentionError, RegionalAttention

logger = logging.getLogger(__name__)


def attention_id(path: str) -> str:
    """Return the first 12 digits of the file's SHA-256; raises `DescriptorError` without it."""
    memory = settings.SIS_VAR_DIR / "cache" / "weights-checksums.json"
    try:
        return file_digest(Path(path), "sha256", memory=memory)[:12]
    except OSError as error:
        raise unreadable(path, error) from error


def load_attention(path: str, *, channels: int) -> RegionalAttention:
    """Return the network for maps of so many channels; raises `DescriptorError`."""
    try:
        return RegionalAttention.from_arrays(read_arrays(path), channels=channels)
    except OSError as error:
        raise unreadable(path, error) from error
    except (AttentionError, TorchFileError, ValueError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s: %s", path, error)
        raise DescriptorError(
            _(
                "The file %(path)s does not hold a weighting network for %(channels)d channels: "
                "it needs conv_att_1.weight (K, %(twice)d), conv_att_1.bias (K), "
                "conv_att_2.weight (1, K) and conv_att_2.bias (1)."
            )
            % {"path": path, "channels": channels, "twice": 2 * channels}
        ) from error


def read_arrays(path: str) -> dict[str, NDArray]:
    with Path(path).open("rb") as file:
        if path.endswith(".npz"):
            found = np.load(file, allow_pickle=False)
            if not isinstance(found, np.lib.npyio.NpzFile):
                raise AttentionError("it is a single array")
            with found as arrays:
                return {name: arrays[name] for name in arrays.files}
        return read_tensors(file)


def unreadable(path: str, error: OSError) -> DescriptorError:
    text = _("The weights file %(path)s cannot be read (%(reason)s).")
    return DescriptorError(text % {"path": path, "reason": reason(error)})
