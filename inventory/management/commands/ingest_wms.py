"""Take a WMS's updates from a file, by the same rules as its signed requests.

Comma-separated (wms_id, sku, quantity, status, received_at, sequence), or JSON lines with a schema_version on each.
Exit code 0: taken, or taken before. 1: taken, but some updates are quarantined. 2: refused, nothing was stored.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.refusals import Refused
from inventory.management.file_arguments import REFUSED, read_file
from inventory.models import WmsClient
from inventory.wms.files import Taken, ingest_file

SHOWN = 20
QUARANTINED = 1


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="UTF-8: comma-separated, or JSON lines")
        parser.add_argument("--client", required=True, metavar="ID", help="the WMS id that speaks")
        parser.add_argument("--json", action="store_true", help="print the result of every update as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            taken = ingest_file(client=find_client(options["client"]), content=read_file(options["file"]))
        except Refused as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"errors": refusal.problems}))
            else:
                self.stderr.write("\n".join(refusal.problems))
            raise SystemExit(REFUSED) from refusal
        self.stdout.write(json.dumps({"errors": [], **asdict(taken)}) if options["json"] else "\n".join(story(taken)))
        if taken.tally.get("quarantined"):
            raise SystemExit(QUARANTINED)


def find_client(wms_id: str, *, enabled: bool = True) -> WmsClient:
    client = WmsClient.objects.select_related("location").filter(wms_id=wms_id).first()
    if client is None:
        known = ", ".join(WmsClient.objects.values_list("wms_id", flat=True)[:20]) or "none yet"
        raise Refused(f"There is no WMS client “{wms_id[:40]}”. Clients: {known}.")
    if enabled and not client.is_enabled:
        raise Refused(f"The client {client} is disabled. Enable it in the admin first.")
    return client


def story(taken: Taken) -> list[str]:
    total = sum(taken.tally.values())
    counts = ", ".join(f"{number:,} {state}" for state, number in sorted(taken.tally.items()))
    again = " This file was taken before: these are its first results." if taken.taken_before == taken.messages else ""
    quarantined = [result for result in taken.results if result["result"] == "quarantined"]
    lines = [f"Sequence {result['sequence']}, {result['sku']}: {result['reason']}" for result in quarantined[:SHOWN]]
    rest = [f"and {len(quarantined) - SHOWN:,} more"] if len(quarantined) > SHOWN else []
    return [f"{total:,} updates: {counts}.{again}", *lines, *rest]
