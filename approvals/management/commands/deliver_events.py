"""Put committed events in order and send every subscriber what is due, as the worker does."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.outbox.delivering import deliver


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = deliver()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
            return
        self.stdout.write(
            f"{report.positioned} events put in order, {report.delivered} delivered, {report.failed} attempts failed."
        )
        for name in report.busy:
            self.stdout.write(f"{name} is being served by another process.")
