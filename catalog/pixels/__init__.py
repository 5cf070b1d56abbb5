"""Pictures' pixels: from any file to upright 8-bit sRGB, within bounds. Reads no database."""

from .changes import READING, is_read_otherwise
from .decoding import Picture, decode, opened, prepare_decoders
from .faults import Fault, PictureError
from .limits import Limits, for_collections, for_uploads
from .parts import Box, crop, is_uniform

__all__ = [
    "READING",
    "Box",
    "Fault",
    "Limits",
    "Picture",
    "PictureError",
    "crop",
    "decode",
    "for_collections",
    "for_uploads",
    "is_read_otherwise",
    "is_uniform",
    "opened",
    "prepare_decoders",
]
