"""Send every queued push that is due, one at a time."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from netsuite import lease
from netsuite.drain import DrainReport, drain


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--max", type=int, default=None, help="take up at most this many pushes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = drain(max_pushes=options["max"])
        except lease.DATABASE_AWAY as error:
            raise CommandError(
                f"The database went away ({str(error).splitlines()[0]}). Start this again when it is back: what was "
                "being sent is looked up first."
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
            return
        for line in story(report):
            self.stdout.write(line)


def story(report: DrainReport) -> list[str]:
    """The report as lines for a person."""
    if report.busy:
        return ["Another drain is at work; nothing to do here."]
    lines = [f"{external_id}: {sentence}" for external_id, sentence in report.outcomes.items()]
    if report.halted:
        lines.append(f"Stopped: {report.halted}")
    if report.lost_lease:
        lines.append("Stopped: another drain has taken over.")
    lines.append(
        f"{report.confirmed} confirmed, {report.retried} to be sent again, {report.unknown} being looked up, "
        f"{report.needs_human + report.conflict} need a person, {report.held_back} held back behind these, "
        f"{report.waiting} waiting in all."
    )
    return lines
