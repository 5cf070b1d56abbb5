"""JPEGs that their decoder would have to complete are refused; odd but whole ones are not."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as PillowImage

from catalog.pixels import Fault, PictureError, decode
from tests.helpers import encoded, picture

END = b"\xff\xd9"
BASELINE = encoded(picture(1, size=(320, 240)), quality=90)
PROGRESSIVE = encoded(picture(1, size=(320, 240)), quality=90, progressive=True)


def is_refused(content: bytes) -> bool:
    try:
        decode(BytesIO(content))
    except PictureError as error:
        assert error.fault is Fault.DAMAGED
        assert str(error) == "The JPEG file is damaged or incomplete."
        return True
    return False


def with_size(content: bytes, width: int, height: int) -> bytes:
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@pytest.mark.parametrize("content", [BASELINE, PROGRESSIVE], ids=["baseline", "progressive"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_jpeg_cut_anywhere_in_its_data_is_refused(content, closed):
    """Catches a picture whose lower half is grey, whole by its end marker."""
    start = content.index(b"\xff\xda") + 20
    for length in range(start, len(content) - 2, (len(content) - start) // 40):
        cut = content[:length].rstrip(b"\xff")
        assert is_refused(cut + (END if closed else b"")), length


def test_a_progressive_jpeg_without_its_last_scans_is_refused():
    """Catches a download that ended between two scans: whole to a decoder, blurred to the eye."""
    scans = [at for at in range(len(PROGRESSIVE)) if PROGRESSIVE.startswith(b"\xff\xda", at)]
    assert len(scans) > 5
    for at in scans[1:]:
        assert is_refused(PROGRESSIVE[:at] + END)


def test_a_header_that_promises_more_than_there_is_is_refused():
    """Catches a picture of 640 x 480 in the corner of a grey one, before its memory is taken."""
    assert is_refused(with_size(BASELINE, 9990, 10000))
    assert is_refused(with_size(BASELINE, 320, 272))


def test_a_header_that_promises_less_than_there_is_is_refused():
    """Catches a picture cut, or sheared, by a header that was changed."""
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    content = encoded(PillowImage.fromarray(noise))
    assert is_refused(with_size(content, 320, 120))


@pytest.mark.parametrize(
    "content",
    [
        BASELINE[:-2] + b"\0" * 512 + END,
        BASELINE + b"what a phone appends" * 50,
        BASELINE[:2] + b"\xff\xfe\x00\x06note" + BASELINE[2:],
        BASELINE[:2] + b"\xff\xff\xff" + BASELINE[2:],
        encoded(picture(1), restart_marker_blocks=1),
        encoded(picture(1, mode="CMYK"), progressive=True),
        encoded(picture(1, mode="L"), progressive=True),
        encoded(picture(1), subsampling=0),
        encoded(picture(1), "MPO", save_all=True, append_images=[picture(2)]),
    ],
    ids=["padding", "trailer", "comment", "fill", "restarts", "cmyk", "grey", "444", "mpo"],
)
def test_odd_but_whole_jpegs_are_read(content):
    """Catches a check that locks out what cameras, telephones and scanners really write."""
    expected = PillowImage.open(BytesIO(content)).convert("RGB").tobytes()
    assert decode(BytesIO(content)).pixels.tobytes() == expected


def test_nonsense_in_a_sequential_scan_header_is_read():
    """Catches the refusal of cameras that leave progressive parameters in a baseline file."""
    at = BASELINE.index(b"\xff\xda")
    count = BASELINE[at + 4]
    place = at + 5 + 2 * count
    content = BASELINE[:place] + b"\x01\x02\x33" + BASELINE[place + 3 :]
    assert not is_refused(content)


@pytest.mark.parametrize(
    ("change", "why"), [((4, 12), "samples have 12 bits"), ((1, 0xC3), "lossless")]
)
def test_forms_that_are_not_read_are_named(change, why):
    """Catches “damaged” for a medical or scientific JPEG that is whole."""
    place, value = change
    content = bytearray(BASELINE)
    content[content.index(b"\xff\xc0") + place] = value
    with pytest.raises(PictureError, match=why) as caught:
        decode(BytesIO(bytes(content)))
    assert caught.value.fault is Fault.UNSUPPORTED


def test_files_that_had_the_proof_need_it_no_more(monkeypatch):
    """Catches extraction paying for the proof again, picture by picture."""
    from catalog.pixels import jpeg

    monkeypatch.setattr(jpeg, "check_whole", lambda structure: pytest.fail("proven again"))
    assert decode(BytesIO(BASELINE), proven=True).pixels.size == (320, 240)
