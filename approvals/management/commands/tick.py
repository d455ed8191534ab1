"""Do everything that is due: the schedules’ slots, waiting and retried runs, verify checks, approved e-mail."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.ticking import tick


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = tick()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
            return
        self.stdout.write(
            f"{report.slots_run} scheduled slots run, {report.runs_advanced} runs advanced, "
            f"{report.checks_run} verify checks made, {report.emails_sent} e-mails sent."
        )
