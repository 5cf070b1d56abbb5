"""The project's settings, on a folder of the test run's own and with untrained weights."""

import atexit
import os
import shutil
import tempfile


def take_own_folder() -> None:
    """Point SIS_VAR_DIR to a new folder, unless a caller has chosen one.

    Each worker of a parallel run takes its own: it inherits the folder of the process that started
    it. What a test starts in turn inherits its worker's folder and keeps it.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if "SIS_VAR_DIR" in os.environ and os.environ.get("SIS_TESTS_WORKER", "") == worker:
        return
    folder = tempfile.mkdtemp(prefix="sis-tests-")
    os.environ.update(SIS_VAR_DIR=folder, SIS_TESTS_WORKER=worker)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


take_own_folder()
os.environ.setdefault("SIS_WEIGHTS", "untrained")

from sis_project.settings import *  # noqa: E402, F403

# Who asks for work sees in the same test what came of it.
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
