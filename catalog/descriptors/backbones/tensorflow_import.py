"""Importing TensorFlow: without the notices it prints, without Keras, and faster. No Django."""

import gc
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_lock = threading.Lock()


def tensorflow() -> ModuleType:
    """Import and return TensorFlow.

    Its libraries write to file descriptor 2 before any logging setting takes effect, so that is
    what is held back during the first import. Where the import fails, all of it is shown.
    `tensorflow().keras` still works: it is imported when it is first used.
    """
    with _lock:
        if "tensorflow" in sys.modules:
            return sys.modules["tensorflow"]
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        sys.stderr.flush()
        kept = os.dup(2)
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                with without_keras(), without_collecting():
                    import tensorflow as module
            except BaseException:
                held.seek(0)
                os.write(kept, held.read())
                raise
            finally:
                os.dup2(kept, 2)
                os.close(kept)
        return module


@contextmanager
def without_keras() -> Iterator[None]:
    """Keep TensorFlow's last line from importing Keras, which brings Matplotlib and half of SciPy.

    A third of the time and 50 MB, for optimisers that nothing here uses. TensorFlow takes an
    ImportError there to mean that Keras is not installed.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]  # how Python marks "do not import"
    try:
        yield
    finally:
        del sys.modules["keras"]


@contextmanager
def without_collecting() -> Iterator[None]:
    """Import without garbage collection, and leave what was imported out of later ones.

    TensorFlow's modules are 400,000 objects that stay for good. Searching them for garbage again
    and again takes a fifth of the import's time, and afterwards each full collection of a server
    would stop it for 0.2 seconds.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if enabled:
            gc.enable()
