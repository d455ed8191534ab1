"""The updates of a WMS that never came: which they are, and how they are brought.

Without an option: the missing sequences, to be sent to the people of the WMS. --file takes the file they send back, by
the same rules as ingest_wms. --ask asks the WMS itself at the backfill address of its client.
Exit code 0: nothing is missing. 1: something still is, or is quarantined. 2: refused.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet

from approvals.refusals import Refused
from inventory.management.commands.ingest_wms import find_client, story
from inventory.management.file_arguments import REFUSED, read_file
from inventory.models import WmsClient, WmsGap
from inventory.wms.backfill_asking import ask_for_gaps
from inventory.wms.backfill_ranges import in_words, missing_ranges
from inventory.wms.files import ingest_file

STILL_MISSING = 1


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", help="the WMS id")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--ask", action="store_true", help="ask the WMS for what is missing")
        way.add_argument("--file", type=Path, metavar="FILE", help="take the missing updates from this file")
        parser.add_argument("--from", dest="first", type=int, metavar="SEQ", help="only sequences from this one on")
        parser.add_argument("--to", dest="last", type=int, metavar="SEQ", help="only sequences up to this one")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            client = find_client(options["client"])
            before = list(_open(client, options["first"], options["last"]))
            lines, report, quarantined = _bring(client, before, options)
        except Refused as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"errors": refusal.problems}))
            else:
                self.stderr.write("\n".join(refusal.problems))
            raise SystemExit(REFUSED) from refusal
        closed, missing = _closed(before), _missing(client, options["first"], options["last"])
        report |= {"closed": [[gap.first_missing, gap.last_missing] for gap in closed], "missing": missing}
        if options["json"]:
            self.stdout.write(json.dumps({"errors": [], "client": client.wms_id, **report}))
        else:
            self.stdout.write("\n".join([*lines, *_told(client, closed, missing)]))
        if missing or quarantined:
            raise SystemExit(STILL_MISSING)


def _bring(client: WmsClient, gaps: list[WmsGap], options: dict[str, Any]) -> tuple[list[str], dict[str, Any], int]:
    if options["file"]:
        taken = ingest_file(client=client, content=read_file(options["file"]))
        return story(taken), {"tally": taken.tally}, taken.tally.get("quarantined", 0)
    if options["ask"]:
        asked = ask_for_gaps(client=client, gaps=gaps, first=options["first"], last=options["last"])
        counts = ", ".join(f"{number:,} {state}" for state, number in sorted(asked.tally.items())) or "no update"
        line = f"{client} was asked {asked.calls:,} times: {counts}."
        report = {"calls": asked.calls, "tally": dict(asked.tally), "problems": asked.problems}
        return [line, *asked.problems], report, asked.tally["quarantined"]
    return [], {}, 0


def _open(client: WmsClient, first: int | None, last: int | None) -> QuerySet[WmsGap]:
    gaps = WmsGap.objects.filter(client=client, closed_at=None).order_by("first_missing")
    if first is not None:
        gaps = gaps.filter(last_missing__gte=first)
    if last is not None:
        gaps = gaps.filter(first_missing__lte=last)
    return gaps


def _closed(before: list[WmsGap]) -> list[WmsGap]:
    now_closed = WmsGap.objects.filter(pk__in=[gap.pk for gap in before], closed_at__isnull=False)
    return list(now_closed.order_by("first_missing"))


def _missing(client: WmsClient, first: int | None, last: int | None) -> list[tuple[int, int]]:
    return [found for gap in _open(client, first, last) for found in missing_ranges(gap, first, last)]


def _told(client: WmsClient, closed: list[WmsGap], missing: list[tuple[int, int]]) -> list[str]:
    lines = [f"Gap {gap.first_missing} to {gap.last_missing} is filled." for gap in closed]
    if not missing:
        return [*lines, f"Nothing of {client} is missing."]
    number = sum(last - first + 1 for first, last in missing)
    said = in_words(missing, shown=len(missing))
    return [*lines, f"{number:,} updates of {client} are missing: sequence {said}. Have the WMS send them again."]
