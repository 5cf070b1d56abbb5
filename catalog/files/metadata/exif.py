"""The one fact of Exif that a picture is shown by: its orientation, 1 to 8. Pure."""

import re
import struct

TAG = 0x0112
SHORT = 3
UPRIGHT = 1
PREFIX = b"Exif\x00\x00"
# As Pillow reads it where Exif says nothing.
IN_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


def orientation(payload: bytes) -> int:
    """Return what an Exif block says, `UPRIGHT` where it says nothing that can be read."""
    payload = payload.removeprefix(PREFIX)
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(payload[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", payload, 4)
        (entries,) = struct.unpack_from(f"{order}H", payload, start)
        for number in range(entries):
            place = start + 2 + 12 * number
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", payload, place)
            if tag == TAG and kind == SHORT:
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:  # it points out of itself
        return UPRIGHT
    return UPRIGHT


def orientation_in_xmp(payload: bytes) -> int:
    found = IN_XMP.search(payload)
    return int(found[1]) if found else UPRIGHT


def block(value: int) -> bytes:
    """Return an Exif block, without prefix, that holds nothing but this orientation."""
    entry = struct.pack(">HHIHH", TAG, SHORT, 1, value, 0)
    return b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
