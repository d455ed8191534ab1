#!/usr/bin/env python
"""The operator's entry point: `python manage.py help` lists the commands."""

import os
import sys

from django.core.management import execute_from_command_line

from approvals import correlation


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with correlation.within(correlation.fresh()):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
