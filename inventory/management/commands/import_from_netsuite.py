"""Bring items, locations and stock in from NetSuite, for a new installation. Safe to repeat.

Exit code 0: done. 2: nothing was stored; every problem is listed.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.refusals import Refused
from inventory.catalogue.from_netsuite import ImportReport, import_from_netsuite
from inventory.catalogue.netsuite_plan import Found

SHOWN = 20


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, store nothing")
        parser.add_argument(
            "--location", action="append", default=[], help="only this NetSuite location (name or id); repeatable"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_from_netsuite(dry_run=options["dry_run"], only=options["location"])
        except Refused as refusal:
            raise CommandError("Nothing was stored.\n" + "\n".join(refusal.problems), returncode=2) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(story(report)))
        problems = report.plan.problems
        if problems:
            raise CommandError("Nothing was stored.\n" + "\n".join(problems), returncode=2)


def story(report: ImportReport) -> Iterator[str]:
    plan = report.plan
    tense = "would be " if not report.stored else ""
    yield from _listed("Locations", plan.locations, tense)
    yield from _listed("Items", plan.items, tense)
    yield from _listed("Balances", plan.balances, tense)
    yield from plan.notes[:SHOWN]
    if len(plan.notes) > SHOWN:
        yield f"... and {len(plan.notes) - SHOWN} more like this."
    yield f"{plan.quantity_opened.normalize():f} units of opening stock {tense}booked."


def _listed(title: str, found: Found, tense: str) -> Iterator[str]:
    counts = f"{len(found.created)} {tense}created, {len(found.changed)} {tense}changed, {found.left_alone} left alone"
    yield f"{title}: {counts}, {found.skipped} not needed."
    for verb, rows in (("+", found.created), ("~", found.changed)):
        yield from (f"  {verb} {row}" for row in rows[:SHOWN])
        if len(rows) > SHOWN:
            yield f"  {verb} ... and {len(rows) - SHOWN} more"
