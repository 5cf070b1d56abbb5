"""Importing TensorFlow without the page of notices it prints. Pure: no Django."""

import os
import sys
import tempfile
import threading
from types import ModuleType

_lock = threading.Lock()


def tensorflow() -> ModuleType:
    """Import and return TensorFlow.

    Its libraries write to file descriptor 2 before any logging setting takes effect, so that is
    what is held back during the first import. Where the import fails, all of it is shown.
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
                import tensorflow as module
            except BaseException:
                held.seek(0)
                os.write(kept, held.read())
                raise
            finally:
                os.dup2(kept, 2)
                os.close(kept)
        return module
