"""Picture files of every format that say where and by whom they were taken."""

import struct
import zlib
from io import BytesIO

from PIL import Image as PillowImage
from PIL import ImageCms

from catalog.files.metadata.exif import PREFIX
from tests.helpers import encoded, picture

SECRET = b"taken by Nguyen at home"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="%d">' + SECRET + b"</rdf:Description>"


def exif(turned: int = 6) -> bytes:
    """An Exif block, without prefix, with a place, a maker's note and a name."""
    block = PillowImage.Exif()
    block[0x0112], block[0x010E], block[0x013B] = turned, SECRET.decode(), SECRET.decode()
    block.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 40.0), 0x1D: SECRET.decode()})
    block.get_ifd(0x8769)[0x927C] = SECRET
    return block.tobytes().removeprefix(PREFIX)


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def jpeg(turned: int = 6, *, mode: str = "RGB", **options) -> bytes:
    """A JPEG with all that cameras, editors and telephones write, and a second picture."""
    plain = encoded(picture(3, size=(160, 90)).convert(mode), icc_profile=PROFILE, **options)
    second = encoded(picture(4, size=(40, 30)), comment=SECRET)
    said = [
        segment(0xE0, b"JFXX\x00\x10" + second),
        segment(0xE1, PREFIX + exif(turned)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + XMP % turned),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\x00" + SECRET),
        segment(0xE2, b"MPF\x00" + SECRET),
        segment(0xE2, b"FPXR\x00" + SECRET),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + SECRET),
        segment(0xEB, b"JP" + SECRET),
        segment(0xFE, SECRET),
        b"\xff\xff",  # a marker may begin with any number of these
    ]
    start = 20 if plain[2:4] == b"\xff\xe0" else 2  # JFIF's own segment comes first
    return (
        plain[:start] + b"".join(said) + plain[start + 1 :] + second + SECRET + b"MotionPhoto_Data"
    )


def chunk(kind: bytes, payload: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + payload))
    return struct.pack(">I", len(payload)) + kind + payload + checksum


def png(turned: int = 6, *, mode: str = "RGB", **options) -> bytes:
    image = picture(3, size=(160, 90)).convert(mode)
    plain = encoded(image, "PNG", icc_profile=PROFILE, dpi=(300, 300), **options)
    said = [
        chunk(b"eXIf", exif(turned)),
        chunk(b"tEXt", b"Author\x00" + SECRET),
        chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(SECRET)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + XMP % turned),
        chunk(b"tIME", b"\x07\xea\x01\x02\x03\x04\x05"),
        chunk(b"prVt", SECRET),
    ]
    return plain[:33] + b"".join(said) + plain[33:] + SECRET


def webp(turned: int = 6, *, frames: int = 1, **options) -> bytes:
    images = [picture(seed, size=(161, 91)) for seed in range(3, 3 + frames)]
    said = {"icc_profile": PROFILE, "exif": exif(turned), "xmp": XMP % turned}
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    plain = encoded(images[0], "WEBP", **said, **more, **options)
    odd = SECRET + b"!" if len(SECRET) % 2 == 0 else SECRET
    return plain + b"PRIV" + struct.pack("<I", len(odd)) + odd + b"\x00" + SECRET


def gif(frames: int = 2) -> bytes:
    images = [picture(seed, size=(60, 40)).quantize(32) for seed in range(3, 3 + frames)]
    plain = encoded(
        images[0],
        "GIF",
        save_all=True,
        append_images=images[1:],
        comment=SECRET,
        loop=0,
        duration=70,
    )
    xmp = b"\x21\xff\x0bXMP DataXMP" + SECRET.replace(b"\x00", b"")
    magic = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
    assert plain[-1:] == b"\x3b"
    return plain[:-1] + xmp + magic + b"\x3b" + SECRET


def bmp() -> bytes:
    return encoded(picture(3, size=(61, 40)), "BMP") + SECRET


def opened(content: bytes) -> PillowImage.Image:
    return PillowImage.open(BytesIO(content))
