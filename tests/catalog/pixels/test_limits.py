"""What a decode may cost: bounds by the headers, few at a time, and memory that goes back."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from benchmarks import hostile
from catalog.pixels import Fault, Limits, PictureError, decode, for_uploads, opened
from catalog.pixels.lanes import HEAVY, ORDINARY, Busy, Lane, lane_for
from tests.helpers import encoded, picture

SERVER = Limits(50_000_000, waits=False)


def fault_of(content: bytes, limits: Limits = SERVER) -> Fault:
    with pytest.raises(PictureError) as caught:
        decode(BytesIO(content), limits)
    return caught.value.fault


def test_a_jpeg_of_hundreds_of_scans_is_refused_before_it_is_decoded(monkeypatch):
    """Catches 450 kB that hold a thread for 16 seconds."""
    monkeypatch.setattr(PillowImage, "open", lambda *_a, **_k: pytest.fail("decoded"))
    content = encoded(picture(1, size=(640, 480)), progressive=True)
    assert fault_of(hostile.with_scans(content, 400)) is Fault.TOO_COSTLY


def test_scans_are_bounded_by_the_pixels_that_each_passes_over():
    """Catches forty scans, few enough to be legal, over as many pixels as are allowed."""
    content = hostile.with_scans(encoded(picture(1, size=(640, 480)), progressive=True), 40)
    assert fault_of(content, Limits(640 * 480)) is Fault.TOO_COSTLY
    # The same scan again and again is refused as well, but for what it is.
    assert fault_of(content, Limits(640 * 480 * 4)) is Fault.DAMAGED


def test_what_encoders_make_has_few_enough_scans():
    """Catches a bound that locks out ordinary progressive pictures of the largest size."""
    for options in ({}, {"subsampling": 0}, {"restart_marker_blocks": 10}):
        content = encoded(picture(1, size=(640, 480)), progressive=True, **options)
        assert decode(BytesIO(content), Limits(640 * 480)).pixels.size == (640, 480)


@pytest.mark.parametrize("format", ["PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF", "JPEG"])
def test_too_many_pixels_are_refused_by_the_header(format, monkeypatch):
    """Catches a picture that is unpacked first and measured then."""
    monkeypatch.setattr(PillowImage.Image, "load", lambda *_a: pytest.fail("unpacked"))
    content = CONTENTS[format]
    with pytest.raises(PictureError, match="64 × 48") as caught:
        decode(BytesIO(content), Limits(64 * 48 - 1))
    assert caught.value.fault is Fault.TOO_LARGE


CONTENTS = {
    format: encoded(picture(1), format)
    for format in ("PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF", "JPEG")
}


def test_a_webp_of_38_bytes_costs_nothing(monkeypatch):
    """Catches a gigabyte that WebP's decoder takes when it opens the file."""
    content = hostile.webp_of_38_bytes(16384)
    assert len(content) == 38
    monkeypatch.setattr(PillowImage, "open", lambda *_a, **_k: pytest.fail("opened"))
    assert fault_of(content) is Fault.TOO_LARGE


def test_a_small_webp_of_38_bytes_is_a_picture():
    """Catches a test file that is refused for something else."""
    assert decode(BytesIO(hostile.webp_of_38_bytes(100)), SERVER).pixels.size == (100, 100)


def test_deep_samples_are_bounded_in_bytes():
    """Catches 24 bytes a pixel where the bound on pixels thinks of three."""
    content = hostile.tiff(np.zeros((64, 64, 3), "f8"), photometric="rgb")
    assert fault_of(content, Limits(64 * 64)) is Fault.TOO_LARGE
    assert decode(BytesIO(content), Limits(64 * 64 * 3)).pixels.size == (64, 64)


def test_uploads_may_be_smaller_than_pictures_of_a_collection(settings):
    """Catches one bound for a trusted keeper and for everybody."""
    settings.SIS_MAX_UPLOAD_PIXELS, settings.SIS_MAX_PIXELS = 64 * 48 - 1, 64 * 48
    content = encoded(picture(1))
    assert decode(BytesIO(content)).pixels.size == (64, 48)
    assert fault_of(content, for_uploads()) is Fault.TOO_LARGE


def test_a_lane_is_as_wide_as_it_says_and_does_not_make_a_server_wait():
    """Catches any number of large pictures at once, and threads that wait for minutes."""
    lane = Lane(2, patience=0.05)
    with (
        lane.place(for_ever=False),
        lane.place(for_ever=False),
        pytest.raises(Busy),
        lane.place(for_ever=False),
    ):
        pytest.fail("a third place of two")
    with lane.place(for_ever=False):
        pass


def test_few_wait_where_waiting_is_long():
    """Catches every thread of a server waiting for the lane of large pictures."""
    lane = Lane(1, patience=60, waiting=0)
    with lane.place(for_ever=False):
        with pytest.raises(Busy), lane.place(for_ever=False):
            pytest.fail("a second one waited")
        with lane.in_queue(for_ever=True):  # no server's thread
            pass
    with lane.place(for_ever=False):
        pass


def test_programs_wait_for_a_place():
    """Catches an import that loses pictures because others are being decoded."""
    lane, order = Lane(1, patience=0), []

    def second() -> None:
        with lane.place(for_ever=True):
            order.append("second")

    with lane.place(for_ever=True):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_busy_server_says_so(monkeypatch):
    """Catches an error without words, and a fault that a page takes for the picture's own."""
    monkeypatch.setattr(HEAVY, "patience", 0.01)
    monkeypatch.setattr("catalog.pixels.decoding.lane_for", lambda cost: HEAVY)
    content = encoded(picture(1))
    with opened(BytesIO(content), SERVER):
        assert fault_of(content) is Fault.BUSY
    assert decode(BytesIO(content), SERVER).pixels.size == (64, 48)


def test_photographs_of_today_are_ordinary():
    """Catches a lane for one that every telephone's picture has to wait in."""
    assert lane_for(24_000_000 * 8) is ORDINARY
    assert lane_for(12_000_000 * 16) is ORDINARY
    assert lane_for(50_000_000 * 8) is HEAVY


def test_a_place_is_held_while_the_pixels_are_worked_with(monkeypatch):
    """Catches eight decoded pictures at once, each waiting for the network."""
    lane, most, now = Lane(1, patience=60), 0, 0
    monkeypatch.setattr("catalog.pixels.decoding.lane_for", lambda cost: lane)
    content = encoded(picture(1))

    def work(_number: int) -> None:
        nonlocal most, now
        with opened(BytesIO(content), SERVER) as found:
            now += 1
            most = max(most, now)
            found.pixels.resize((500, 500))
            now -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert most == 1


MEASURE = """
import sys, gc
from io import BytesIO
import django; django.setup()
from catalog.pixels import decode, for_uploads
from benchmarks import hostile
from benchmarks.decoding import resident, reset_peak
content = hostile.KINDS[sys.argv[1]](3000)
gc.collect()
reset_peak()
before = resident("VmRSS")
decode(BytesIO(content), for_uploads())
gc.collect()
print(resident("VmHWM") - before, resident("VmRSS") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured through Linux")
@pytest.mark.parametrize(
    "kind", ["PNG, grey of 16 bits", "WebP, lossy, noise", "TIFF, floats", "JPEG, CMYK"]
)
def test_memory_is_bounded_and_goes_back(kind):
    """Catches whole-picture copies in floats, and blocks that the C library keeps for later."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind], capture_output=True, text=True, check=True
    )
    peak, left = map(float, done.stdout.split())
    assert peak < 3000 * 3000 * 20
    assert left < 3000 * 3000 * 1.5
