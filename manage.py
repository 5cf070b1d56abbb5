#!/usr/bin/env python
"""The project's command line: `python manage.py help`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sis_project.settings")
    from django.core.management import execute_from_command_line

    from sis_project.terminal import mend_streams

    mend_streams()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
