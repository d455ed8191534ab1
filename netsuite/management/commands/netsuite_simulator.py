"""``manage.py netsuite_simulator``: the same as ``python -m netsuite.simulator``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from netsuite.simulator import command_line


class Command(BaseCommand):
    help = "Run a NetSuite that fails like NetSuite, for development, demonstrations and tests."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        command_line.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        command_line.run(command_line.options_from(options))
