"""GIF: blocks of pictures and of extensions, each in pieces of up to 255 bytes. Pure."""

from typing import BinaryIO

from .parts import NotUnderstood, Parts, bytes_at, counted

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
CONTROL, APPLICATION = 0xF9, 0xFF
# Repetitions, and the colour profile.
APPLICATIONS = {b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"}


def plan(file: BinaryIO) -> Parts:
    """Keep pictures, their times and transparency; leave out comments, texts and XMP."""
    header = bytes_at(file, 0, 13)
    if header[:6] not in (b"GIF87a", b"GIF89a"):
        raise NotUnderstood("it does not begin as a GIF")
    parts, position = Parts(), 13 + colours(header[10])
    parts.keep(0, position)
    for _step in counted():
        kind = bytes_at(file, position, 1)[0]
        if kind == TRAILER:
            parts.add(bytes((TRAILER,)))
            break
        if kind == IMAGE:
            flags = bytes_at(file, position, 10)[9]
            # After the colours stands one byte, the size of the codes.
            stop = end_of_pieces(file, position + 10 + colours(flags) + 1)
            parts.keep(position, stop)
        elif kind == EXTENSION:
            stop = end_of_pieces(file, position + 2)
            if is_kept(file, position):
                parts.keep(position, stop)
        else:
            raise NotUnderstood("it has a block that is not known")
        position = stop
    return parts


def colours(flags: int) -> int:
    """Return how many bytes of a table of colours follow."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def is_kept(file: BinaryIO, position: int) -> bool:
    label, size = bytes_at(file, position + 1, 2)
    if label == APPLICATION and size == 11:
        return bytes_at(file, position + 3, 11) in APPLICATIONS
    return label == CONTROL


def end_of_pieces(file: BinaryIO, position: int) -> int:
    """Return where what follows a row of pieces starts; one of length 0 ends the row."""
    file.seek(position)
    while size := file.read(1):
        position += 1 + size[0]
        if not size[0]:
            return position
        file.seek(position)
    raise NotUnderstood("the file ends early")
