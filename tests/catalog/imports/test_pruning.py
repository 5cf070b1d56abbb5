"""What the folder no longer has: said, and removed only when it is asked for and certain."""

import errno
import os
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.imports.pruning import PruneRefused, prune
from catalog.management import asking
from catalog.models import Image

from .files import names, stored_files, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(folder, django_capture_on_commit_callbacks):
    """Run the command on the folder; (stdout, stderr with the final error, exit status)."""

    def go(*arguments: str, **options) -> tuple[str, str, int]:
        out, err, status = StringIO(), StringIO(), 0
        command = ["import_images", str(folder), "--collection", "places", *arguments]
        with django_capture_on_commit_callbacks(execute=True):
            try:
                call_command(*command, stdout=out, stderr=err, **options)
            except CommandError as error:
                err.write(str(error))
                status = error.returncode
        return out.getvalue(), err.getvalue(), status

    return go


@pytest.fixture
def three(folder, run):
    for number, name in enumerate("abc"):
        write(folder / f"{name}.jpg", number)
    run()
    return folder


@pytest.fixture
def answers(monkeypatch):
    """What the person at the terminal types; the questions asked."""
    asked: list[str] = []

    def sit_down(answer):
        def say(question):
            asked.append(question)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr(asking, "input", say, raising=False)
        return asked

    return sit_down


def test_without_prune_what_is_gone_is_said_and_stays(three, run):
    """Catches pictures removed that nobody asked to remove, and silence about them."""
    (three / "b.jpg").unlink()
    out, err, status = run()
    assert status == 0
    assert "1 picture of the collection is not there any more:\n  b.jpg\n" in out
    assert "--prune removes them" in out
    assert names() == ["a", "b", "c"]
    assert "more" not in err


def test_prune_says_what_asks_and_removes(three, run, answers, media):
    """Catches a removal before it was agreed to, stored files left behind, and others' taken."""
    (three / "b.jpg").unlink()
    (three / "c.jpg").unlink()
    asked = answers("y")
    out, _err, status = run("--prune")
    assert status == 0
    assert out.index("  b.jpg\n  c.jpg\n") < out.index("2 pictures removed.")
    assert [question[:23] for question in asked] == ["Remove these 2 pictures"]
    assert names() == ["a"]
    assert stored_files(media) == {Image.objects.get().file.name}
    assert run("--prune")[0].count("not there any more") == 0


@pytest.mark.parametrize("answer", ["", "n", "no", "what?", EOFError()])
def test_only_yes_is_yes(three, run, answers, answer):
    (three / "b.jpg").unlink()
    answers(answer)
    out, err, status = run("--prune")
    assert (status, names()) == (1, ["a", "b", "c"])
    assert "  b.jpg\n" in out
    assert "Nothing was removed." in err


def test_ctrl_c_at_the_question_removes_nothing(three, run, answers):
    (three / "b.jpg").unlink()
    answers(KeyboardInterrupt())
    _out, err, status = run("--prune")
    assert (status, names()) == (130, ["a", "b", "c"])
    assert "nothing was removed" in err


def test_nobody_there_to_be_asked(three, run):
    """Catches a cron job that waits for ever, or takes silence for consent."""
    (three / "b.jpg").unlink()
    _out, err, status = run("--prune")
    assert (status, names()) == (1, ["a", "b", "c"])
    assert "--no-input" in err
    out, _err, status = run("--prune", "--no-input", verbosity=0)
    assert (status, names()) == (0, ["a", "c"])
    assert "b.jpg" in out  # said all the same


def test_a_renamed_file_is_not_gone(three, run):
    (three / "b.jpg").rename(three / "z.jpg")
    out, _err, _status = run("--prune", "--no-input")
    assert "not there any more" not in out
    assert names() == ["a", "c", "z"]


def test_a_twin_that_stays_keeps_the_file(three, run):
    """Catches the picture of the copy deleted with the original."""
    (three / "z.jpg").write_bytes((three / "b.jpg").read_bytes())
    run()
    (three / "b.jpg").unlink()
    run("--prune", "--no-input")
    assert names() == ["a", "c", "z"]
    assert Image.objects.get(name="z").file.read() == (three / "z.jpg").read_bytes()


@pytest.mark.parametrize("what", ["empty", "other pictures", "only litter"])
def test_a_folder_with_none_of_the_pictures_removes_nothing(three, run, what):
    """Catches a disk that is not mounted, or a wrong folder, emptying the collection."""
    shutil.rmtree(three)
    three.mkdir()
    if what == "other pictures":
        write(three / "other.jpg", 9)
    elif what == "only litter":
        (three / "a.xmp").write_bytes(b"x")
    out, err, status = run("--prune", "--no-input")
    assert status == 1
    assert {"a", "b", "c"} <= set(names())
    assert "3 pictures of the collection are not there any more" in out
    assert "is its disk connected?" in err
    if what == "empty":
        assert "is its disk connected?" in run()[0]


def test_hardly_any_left_is_not_removed_without_asking(folder, run, answers):
    """Catches a nightly job that meets one stray file where the disk is not mounted."""
    for number in range(21):
        write(folder / f"{number}.jpg", number)
    run()
    for path in folder.glob("*.jpg"):
        path.unlink()
    write(folder / "stray.jpg", 99)
    for _night in range(2):
        _out, err, status = run("--prune", "--no-input")
        assert (status, len(names())) == (1, 22)
        assert "Nothing was removed" in err
    answers("yes")
    assert run("--prune")[2] == 0
    assert names() == ["stray"]


def test_a_folder_that_is_gone_removes_nothing(three, run):
    shutil.rmtree(three)
    _out, err, status = run("--prune", "--no-input")
    assert (status, names()) == (1, ["a", "b", "c"])
    assert "There is no folder" in err


@pytest.mark.parametrize("how", ["closed folder", "broken link"])
def test_what_could_not_be_read_removes_nothing(three, run, monkeypatch, how):
    """Catches pictures below an unreadable folder, or a disk behind a link, taken for deleted."""
    write(three / "sub" / "d.jpg", 4)
    run()
    (three / "b.jpg").unlink()
    if how == "broken link":
        shutil.rmtree(three / "sub")
        (three / "sub").symlink_to(three / "nowhere")
    real_scandir = os.scandir

    def guarded(path):
        if Path(path).name == "sub":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    out, err, status = run("--prune", "--no-input")
    assert (status, names()) == (1, ["a", "b", "c", "sub/d"])
    assert "sub could not be read" in err
    assert "1 picture of the collection is not there" in out  # b, and not sub/d


def test_an_interrupted_import_removes_nothing(three, run, monkeypatch):
    (three / "b.jpg").unlink()
    monkeypatch.setattr("threading.Event.is_set", lambda _event: True)
    _out, err, status = run("--prune", "--no-input")
    assert (status, names()) == (130, ["a", "b", "c"])
    assert "Interrupted" in err


def test_a_row_that_found_a_file_meanwhile_stays(three, committed):
    """Catches a picture removed that another import brought back while somebody was asked."""
    (three / "b.jpg").unlink()
    (three / "c.jpg").unlink()
    report = committed(three)
    Image.objects.filter(name="b").update(source_name="elsewhere.jpg")
    assert prune(report=report) == 1
    assert names() == ["a", "b"]


def test_the_service_itself_refuses(three, committed):
    """Catches a caller that forgets to ask whether it is safe."""
    shutil.rmtree(three)
    three.mkdir()
    with pytest.raises(PruneRefused, match="none of the collection's pictures"):
        prune(report=committed(three))


def test_many_names_are_cut_short(three, run):
    for number in range(50):
        write(three / f"x{number:02}.jpg", number + 10)
    run()
    for path in three.glob("x*.jpg"):
        path.unlink()
    out = run()[0]
    assert "x39.jpg" in out and "x41.jpg" not in out
    assert "… and 10 more" in out
    assert "x49.jpg" in run(verbosity=2)[0]


def test_names_are_escaped_in_the_report(folder, run):
    """Catches a terminal that acts on a file name: in every list of the report."""
    evil = "\x1b[31m\u202e\n"
    content = write(folder / f"{evil}a.jpg", 1)
    (folder / f"{evil}twin.jpg").write_bytes(content)
    write(folder / f"{evil}b.jpg", 2)
    (folder / f"{evil}bad.jpg").write_bytes(b"bad")
    write(folder / "stays.jpg", 3)
    first = run()
    (folder / f"{evil}a.jpg").rename(folder / f"{evil}new.jpg")
    (folder / f"{evil}b.jpg").unlink()
    for out, err, _status in (first, run(), run("--prune", "--no-input")):
        for text in (out, err):
            assert "\x1b" not in text and "\u202e" not in text
        assert "\\x1b[31m\\u202e\\n" in out + err
