"""Hold what warehouse systems said last against our balances, or show what was found, for a business date.

Exit code 0: done. 2: refused, nothing was made; every problem is listed.
"""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.business_days import business_day_of
from approvals.clock import now
from approvals.refusals import Refused
from inventory.management.file_arguments import REFUSED, day
from inventory.models import WmsClient, WmsReconciliation
from inventory.wms.reconciling import reconcile_wms, summary_of
from inventory.wms.reconciling_schedule import clients_due

COUNTED = (
    *("compared", "agreeing", "differing", "ratio", "stale", "never_told", "unknown_here", "bands"),
    *("freshness_median", "freshness_p95", "updates", "open_gaps", "missing_updates", "oversells"),
)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client", metavar="WMS_ID", help="only this one; all that are enabled if left out")
        parser.add_argument("--date", type=day, metavar="DATE", help="the business date; today if left out")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted: date = options["date"] or business_day_of(now())
        made: list[WmsReconciliation] = []
        errors: list[str] = []
        try:
            for client in clients(options["client"]):
                made.append(reconcile_wms(client=client, business_date=wanted))
        except Refused as refusal:
            errors = refusal.problems
        if options["json"]:
            said = {"business_date": wanted.isoformat(), "reconciliations": [figures(row) for row in made]}
            self.stdout.write(json.dumps(said | {"errors": [{"message": sentence} for sentence in errors]}))
        else:
            for row in made:
                self.stdout.write(f"{row.client} on {row.business_date:%Y-%m-%d}: {summary_of(row)}.")
            for sentence in errors or ([] if made else ["No WMS client is enabled: there is nothing to reconcile."]):
                self.stdout.write(sentence)
        if errors:
            raise SystemExit(REFUSED)


def clients(wms_id: str | None) -> list[WmsClient]:
    if wms_id is None:
        return clients_due()
    found = list(WmsClient.objects.filter(wms_id=wms_id))
    if not found:
        known = ", ".join(WmsClient.objects.values_list("wms_id", flat=True))
        raise Refused(f"There is no WMS client {wms_id}. Clients: {known or 'none yet'}.")
    return found


def figures(row: WmsReconciliation) -> dict[str, Any]:
    """Units and dollars are digits in text, so that no reader rounds them."""
    return {
        "id": row.pk,
        "client": row.client.wms_id,
        "business_date": row.business_date.isoformat(),
        "made_at": row.made_at.isoformat(),
        "covers": [row.covers_from.isoformat(), row.covers_until.isoformat()],
        **{name: getattr(row, name) for name in COUNTED},
        "units": f"{row.units:f}",
        "value": f"{row.value:.2f}",
        "oversold_units": f"{row.oversold_units:f}",
    }
