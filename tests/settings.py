"""The project's settings, on a folder of the test run's own and with untrained weights."""

import os
import tempfile

os.environ.setdefault("SIS_VAR_DIR", tempfile.mkdtemp(prefix="sis-tests-"))
os.environ.setdefault("SIS_WEIGHTS", "untrained")

from sis_project.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
