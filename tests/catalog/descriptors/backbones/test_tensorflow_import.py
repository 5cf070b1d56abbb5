"""Importing TensorFlow, in processes of their own: it can be imported only once."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )


@pytest.mark.parametrize("switch", ["enable", "disable"])
def test_import_is_silent_without_keras_and_leaves_the_collector_as_it_was(switch):
    # Catches notices of TensorFlow's libraries in the middle of a command's progress bar; Keras,
    # whose import costs a second, coming back through a new TensorFlow version; a process that
    # never collects its garbage again; and full collections over all of TensorFlow's modules
    # while a server answers.
    finished = run(
        "import gc, sys\n"
        f"gc.{switch}()\n"
        "from catalog.descriptors.backbones.tensorflow_import import tensorflow\n"
        "tensorflow()\n"
        "skipped = gc.get_freeze_count() > 10 * len(gc.get_objects())\n"
        "print('keras' in sys.modules, gc.isenabled(), skipped)\n"
    )
    assert finished.stdout == f"False {switch == 'enable'} True\n"
    assert finished.stderr == ""
