"""What a JPEG's own segments say: scans, frames, and whether its decoder must make anything up.

Decoders complete a JPEG that stops early, and say so only in a warning that Pillow drops. Here the
segments are walked once (ITU-T T.81, annex B), and the entropy-coded data is decoded at an eighth
of its size by libjpeg-turbo, which stops at the first warning.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import simplejpeg
from django.utils.translation import gettext as _

from .faults import PictureError, damaged, unsupported

# A marker within or after entropy-coded data: not a stuffed zero, a restart or a fill byte.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
# Huffman and arithmetic coding, sequential and progressive: what libjpeg-turbo decodes.
DECODABLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
SOI, EOI, SOS, DHT, DAC, DQT, DRI, TEM = 0xD8, 0xD9, 0xDA, 0xC4, 0xCC, 0xDB, 0xDD, 0x01
# What decoding needs. Comments and applications' segments are nobody's pixels.
NEEDED = SOF | {DHT, DAC, DQT, DRI}
# Cameras pad the end of a file; more than this is picture data that the header does not admit.
MAX_PADDING = 4096
PADDING = re.compile(r"(\d+) extraneous bytes before marker 0xd9")

Component = tuple[int, int]


@dataclass(slots=True)
class Structure:
    """What the segments of the first picture in a file declare.

    `frame` is the marker of its one frame, `width` and `height` are in pixels, `scans` counts its
    scans, `sent` holds for (component, coefficient) how many low bits are still missing, and
    `stripped` is the same picture without comments and applications' segments.
    """

    frame: int = 0
    precision: int = 0
    width: int = 0
    height: int = 0
    components: tuple[int, ...] = ()
    scans: int = 0
    sent: dict[Component, int] = field(default_factory=dict)
    stripped: bytes = b""

    @property
    def is_progressive(self) -> bool:
        return self.frame in PROGRESSIVE

    @property
    def is_complete(self) -> bool:
        """Whether every coefficient of every component came, to its last bit."""
        wanted = 64 if self.is_progressive else 1
        return all(
            self.sent.get((component, index), 1) == 0
            for component in self.components
            for index in range(wanted)
        )


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, segment with its marker, and for a scan with its data) up to the end marker.

    Bytes between segments that belong to none are skipped, as decoders do. Raises `ValueError`
    where the file ends before its end marker.
    """
    position = 0
    while (found := NEXT_MARKER.search(data, position)) is not None:
        marker, start = data[found.end() - 1], found.end()
        if marker in (SOI, TEM):
            position = start
            continue
        if marker == EOI:
            return
        (length,) = struct.unpack_from(">H", data, start)
        end = start + max(2, length)
        if marker == SOS:
            following = NEXT_MARKER.search(data, end)
            end = following.start() if following else len(data)
        if end > len(data):
            break
        yield marker, b"\xff" + data[found.end() - 1 : end]
        position = end
    raise ValueError("the file ends before its end marker")


def structure(data: bytes, *, max_scans: int) -> Structure:
    """Walk a JPEG's segments; stops after `max_scans` + 1 scans, so that `scans` tells of more.

    Raises `PictureError` where they make no sense, or are of a kind that is not read.
    """
    found, kept = Structure(), [b"\xff\xd8"]
    try:
        for marker, segment in segments(data):
            if marker in SOF:
                read_frame(found, marker, segment)
            elif marker == SOS:
                segment = read_scan(found, segment)
                if found.scans > max_scans:
                    return found
            if marker in NEEDED or marker == SOS:
                kept.append(segment)
    except (ValueError, IndexError, struct.error) as error:
        if isinstance(error, PictureError):
            raise
        raise damaged("JPEG") from error
    if not found.scans:
        raise damaged("JPEG")
    found.stripped = b"".join([*kept, b"\xff\xd9"])
    return found


def read_frame(found: Structure, marker: int, segment: bytes) -> None:
    if marker not in DECODABLE:
        raise unsupported("JPEG", _("its coding is lossless or hierarchical"))
    if found.frame:
        raise ValueError("a second frame")
    found.frame = marker
    found.precision, found.height, found.width, count = struct.unpack_from(">BHHB", segment, 4)
    if found.precision != 8:
        raise unsupported("JPEG", _("its samples have %(bits)d bits") % {"bits": found.precision})
    found.components = tuple(segment[10 + 3 * index] for index in range(count))


def read_scan(found: Structure, segment: bytes) -> bytes:
    """Note what a scan brings; return it with the parameters that its kind of frame must have."""
    found.scans += 1
    count = segment[4]
    parameters = 5 + 2 * count
    components = [segment[5 + 2 * index] for index in range(count)]
    first, last, bits = segment[parameters : parameters + 3]
    if not found.is_progressive:
        # Some cameras leave nonsense here, which decoders ignore with a warning.
        first, last, bits = 0, 63, 0
        segment = segment[:parameters] + bytes((first, last, bits)) + segment[parameters + 3 :]
    low = bits & 15
    for component in components:
        for index in range(first, min(last, 63) + 1):
            found.sent[component, index] = low
    return segment


def check_whole(found: Structure) -> None:
    """Raise `PictureError` where a decoder would have to complete this picture.

    That is: a coefficient that no scan brought, data that stops early or cannot be decoded, and
    data beyond what the header's size has room for.
    """
    if not found.is_complete:
        raise damaged("JPEG")
    if len(found.components) not in (1, 3, 4):
        return  # grey with alpha inside a TIFF: libjpeg-turbo has no name for its colours
    colours = "CMYK" if len(found.components) == 4 else "GRAY"
    try:
        simplejpeg.decode_jpeg(
            found.stripped, colours, fastdct=True, fastupsample=True, min_height=1, min_width=1,
            min_factor=8, strict=True,
        )  # fmt: skip
    except ValueError as error:
        padding = PADDING.search(str(error))
        if padding is None or int(padding[1]) > MAX_PADDING:
            raise damaged("JPEG") from error
