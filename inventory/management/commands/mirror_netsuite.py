"""Read NetSuite's balances and compare them with ours, now. Exit 2 when nothing was stored; the reason is said."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.mirror.mirroring import MirrorReport, mirror_netsuite
from inventory.models import Parity


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument(
            "--accept-smaller", action="store_true", help="take a snapshot with far fewer balances than the last one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = mirror_netsuite(accept_smaller=options["accept_smaller"], by_hand=True)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        if report.refused:
            raise CommandError(report.refused, returncode=2)
        if not options["json"]:
            self.stdout.write("\n".join(story(report)))


def story(report: MirrorReport) -> list[str]:
    states = [f"{report.states.get(state, 0)} {label.lower()}" for state, label in Parity.State.choices]
    lines = [f"{report.rows} balances read from NetSuite in {report.seconds} s: {', '.join(states)}."]
    if report.proposed:
        lines.append(f"{report.proposed} corrections proposed; a person decides them.")
    if report.outside:
        lines.append(f"Not kept here: {', '.join(report.outside)}.")
    return lines
