"""What lies beside photographs: one line of the report, and no failure."""

import pytest

from catalog.imports import litter, sources
from catalog.models import Image
from tests.helpers import encoded, picture

from .files import counts, names, write

pytestmark = pytest.mark.django_db

BESIDE = {
    # Takeout, telephones, cameras, programs that develop pictures.
    "a.jpg.json": ".json",
    "a.jpg.supplemental-metadata.json": ".json",
    "metadata.json": ".json",
    "IMG_1.AAE": ".aae",
    "IMG_1.MOV": ".mov",
    "PXL_1.MP": ".mp",
    "a.xmp": ".xmp",
    "a.jpg.XMP": ".xmp",
    "MVI_1.THM": ".thm",
    "GX01.LRV": ".lrv",
    "VOICE.WAV": ".wav",
    "Picasa.ini": "Picasa.ini",
    # Windows, macOS, network disks.
    "Thumbs.db": "Thumbs.db",
    "THUMBS.DB": "THUMBS.DB",
    "desktop.ini": "desktop.ini",
    "Icon\r": "Icon",
    "SYNOFILE_THUMB_M.jpg": "synofile_thumb",
    # What people put there.
    "notes.txt": ".txt",
    "README": "",
    "album.zip": ".zip",
    "odd.qqq": ".qqq",
    "IMG_2.jpg.part": ".part",
    "empty.lock": ".lock",
    "empty-without-extension": "",
}
FOLDERS = [
    *("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/b.jpg", "$RECYCLE.BIN/S-1/$R1.jpg"),
    *("System Volume Information/c.jpg", "lost+found/d.jpg", "__MACOSX/._a.jpg"),
    *("sub/@eaDir/e.jpg", "@Recycle/f.jpg", "Lightroom Previews.lrdata/g.jpg"),
]
HIDDEN = [".DS_Store", "._a.jpg", ".git/objects/x.jpg", ".Trashes/501/x.jpg", ".picasa.ini"]


@pytest.fixture
def beside(folder):
    """A picture, and all that may lie beside it; in folders real pictures, which do not count."""
    write(folder / "a.jpg")
    for name in BESIDE:
        (folder / name).write_bytes(b"" if name.startswith("empty") else b"no picture at all")
    for name in FOLDERS:
        write(folder / name, 7)
    for name in HIDDEN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encoded(picture(8)))
    return folder


def test_what_lies_beside_is_counted_by_kind_and_no_failure(beside, committed):
    """Catches reports full of what programs leave behind, and exit status 1 because of it."""
    report = committed(beside)
    assert (names(), report.skipped) == (["a"], [])
    expected: dict[str, int] = {}
    for kind in BESIDE.values():
        expected[kind] = expected.get(kind, 0) + 1
    for name in FOLDERS:
        kind = next(k for part in name.split("/") if (k := litter.folder_kind(part)))
        expected[f"{kind}/"] = expected.get(f"{kind}/", 0) + 1
    assert report.passed == expected
    assert report.passed["@eaDir/"] == 2
    assert counts(committed(beside)) == (0, 0, 1, 0, 0)


def test_what_is_no_picture_by_its_name_is_not_read(folder, committed, monkeypatch):
    """Catches gigabytes of videos read for nothing."""
    write(folder / "a.jpg")
    (folder / "a.mov").write_bytes(b"x")
    with (folder / "backup.qqq").open("wb") as file:
        file.truncate(sources.MAX_FILE_BYTES + 1)
    real_read = sources.DirectorySource.read
    read = []

    def watched(source, name):
        read.append(name)
        return real_read(source, name)

    monkeypatch.setattr(sources.DirectorySource, "read", watched)
    report = committed(folder)
    assert read == ["a.jpg"]
    assert (report.passed, report.skipped) == ({".mov": 1, ".qqq": 1}, [])


@pytest.mark.parametrize("name", ["cut.jpg", "text.PNG", "a.svg", "empty.webp", "new.jxl"])
def test_what_promises_a_picture_is_missed_by_name(folder, committed, name):
    """Catches a lost photograph counted among sidecars."""
    (folder / name).write_bytes(b"" if name.startswith("empty") else b"no picture at all")
    report = committed(folder)
    assert [source for source, _reason in report.skipped] == [name]
    assert not report.passed


RAW = "cr2 CR3 nef nrw arw srf sr2 dng pef raf rw2 orf 3fr fff iiq x3f erf kdc dcr mrw mos srw raw"


@pytest.mark.parametrize("extension", RAW.split())
def test_camera_raw_files_are_refused_by_name_and_not_decoded(
    folder, committed, monkeypatch, extension
):
    """Catches the small preview in a raw file taken for the picture, and for its name."""
    write(folder / f"IMG_1.{extension}", 1, "TIFF")
    write(folder / "IMG_1.jpg", 2)
    report = committed(folder)
    assert names() == ["IMG_1"]
    assert Image.objects.get().source_name == "IMG_1.jpg"
    [(source, reason)] = report.skipped
    assert source == f"IMG_1.{extension}"
    assert "raw files are not read" in reason


def test_an_unknown_extension_does_not_hide_a_picture(folder, committed):
    """Catches pictures lost because somebody renamed them; a second run does not lose them."""
    write(folder / "scan.qqq", 1)
    write(folder / "scan", 2)
    assert counts(committed(folder)) == (2, 0, 0, 0, 0)
    assert counts(committed(folder)) == (0, 0, 2, 0, 0)


def test_a_row_is_not_lost_to_a_list_of_extensions(folder, committed):
    """Catches a picture that came in with an older version and is now called gone."""
    write(folder / "a.jpg", 1)
    committed(folder)
    (folder / "a.jpg").rename(folder / "a.txt")
    Image.objects.update(source_name="a.txt")
    report = committed(folder)
    assert (counts(report), report.gone) == ((0, 0, 1, 0, 0), [])


def test_a_picture_that_turns_into_something_else_is_missed(folder, committed):
    """Catches a damaged picture without extension counted among what is none."""
    write(folder / "scan", 1)
    committed(folder)
    (folder / "scan").unlink()
    (folder / "scan").write_bytes(b"no picture at all")
    report = committed(folder)
    assert [source for source, _reason in report.skipped] == ["scan"]
    assert (names(), report.gone) == (["scan"], [])


def test_the_lists_do_not_contradict_each_other():
    """Catches a picture's extension among those that are never opened."""
    assert not litter.PICTURES & litter.NO_PICTURES
    assert not litter.RAW & (litter.NO_PICTURES | litter.PICTURES)
    for group in (litter.PICTURES, litter.NO_PICTURES, litter.RAW, litter.FOLDERS, litter.FILES):
        assert all(entry == entry.lower() for entry in group)
