"""What WMS clients sent, once more from the stored rows: to prove it changes nothing, to retake, or to verify.

Without an option the rows go through the same code again and must come out as known. --quarantined takes what waits in
quarantine again. --verify rebuilds the newest words and the feed's movements from what was sent, and names every
difference. Exit code 0: all is well. 1: something differs, or still waits. 2: refused.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet

from approvals.refusals import Refused
from inventory.management.commands.ingest_wms import find_client
from inventory.management.file_arguments import REFUSED, moment
from inventory.models import WmsClient, WmsUpdate
from inventory.wms.rebuilding import differences
from inventory.wms.replaying import Replayed, replay_rows
from inventory.wms.retaking import Retaken, retakable, retake_updates

SHOWN = 50
DIFFERS = 1


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client", metavar="ID", help="the WMS id; all clients without it")
        parser.add_argument("--since", type=moment, metavar="ISO", help="only what was received since then")
        parser.add_argument("--message", metavar="ID", help="only the updates of the message with this id")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--quarantined", action="store_true", help="take what waits in quarantine again")
        way.add_argument("--verify", action="store_true", help="rebuild from what was sent, and compare")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            client = find_client(options["client"], enabled=False) if options["client"] else None
            lines, report, ok = self._report(client, options)
        except Refused as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"errors": refusal.problems}))
            else:
                self.stderr.write("\n".join(refusal.problems))
            raise SystemExit(REFUSED) from refusal
        self.stdout.write(json.dumps({"errors": [], "ok": ok, **report}) if options["json"] else "\n".join(lines))
        if not ok:
            raise SystemExit(DIFFERS)

    def _report(self, client: WmsClient | None, options: dict[str, Any]) -> tuple[list[str], dict[str, Any], bool]:
        if options["verify"]:
            if options["since"] or options["message"]:
                raise Refused("--verify looks at everything a client sent. Leave --since and --message out.")
            return _verified(client)
        rows = _rows(client, options)
        if options["quarantined"]:
            return _retaken(retake_updates(updates=retakable(rows), by=None))
        return _replayed(replay_rows(rows=rows))


def _rows(client: WmsClient | None, options: dict[str, Any]) -> QuerySet[WmsUpdate]:
    rows = WmsUpdate.objects.all()
    if client:
        rows = rows.filter(client=client)
    if options["since"]:
        rows = rows.filter(received_at__gte=options["since"])
    if options["message"]:
        rows = rows.filter(message__webhook_id=options["message"])
        if not rows.exists():
            raise Refused(
                f"No update of a message “{options['message'][:80]}” is stored. Its id is in the admin's list."
            )
    return rows


def _verified(client: WmsClient | None) -> tuple[list[str], dict[str, Any], bool]:
    clients = [client] if client else list(WmsClient.objects.select_related("location").order_by("wms_id"))
    found = [sentence for each in clients for sentence in differences(each)]
    names = ", ".join(map(str, clients)) or "no client"
    end = f"{len(found):,} differences." if found else "Newest words and movements are what was sent."
    report = {"clients": [each.wms_id for each in clients], "differences": found}
    return [*found, f"{names}: {end}"], report, not found


def _retaken(done: Retaken) -> tuple[list[str], dict[str, Any], bool]:
    still = [again for again in done.results if again.state == WmsUpdate.State.QUARANTINED]
    counts = ", ".join(f"{number:,} {state}" for state, number in sorted(done.tally.items())) or "nothing waits"
    lines = [f"{len(done.results):,} updates taken again: {counts}."]
    lines += [f"{again.wms_id}, sequence {again.sequence}, {again.sku}: {again.why}" for again in still[:SHOWN]]
    lines += [f"and {len(still) - SHOWN:,} more"] if len(still) > SHOWN else []
    return lines, {"taken": len(done.results), "tally": done.tally}, not still


def _replayed(done: Replayed) -> tuple[list[str], dict[str, Any], bool]:
    lines = [
        f"{done.rows:,} updates went through again: {done.duplicates:,} are known with their results, "
        f"{done.waiting:,} wait as before.",
        *([f"{done.retakable:,} could be read by now: take them with --quarantined."] if done.retakable else []),
        *done.problems[:SHOWN],
        f"State {done.state_before[:16]}, unchanged."
        if done.changed_nothing
        else "Stock changed while this ran: messages, orders or counts came in. Nothing here stores anything.",
    ]
    report = {
        "rows": done.rows, "duplicates": done.duplicates, "waiting": done.waiting, "retakable": done.retakable,
        "problems": done.problems, "state_before": done.state_before, "state_after": done.state_after,
    }  # fmt: skip
    return lines, report, not done.problems
