"""The first import of a new installation: items, locations and opening stock as NetSuite has them.

Reads with no transaction open; stores everything in one, or nothing. A second run finds everything there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.refusals import Refused
from inventory.catalogue.items import upsert_items
from inventory.catalogue.netsuite_plan import ImportPlan, make_plan
from inventory.models import Item
from inventory.stock.opening import OpeningStock, open_stock
from netsuite import configuration, halts, snapshots
from netsuite.configuration import NotConnected
from netsuite.outcomes import AuthStop
from netsuite.queries import QueryFailed
from netsuite.snapshots import RemoteBalance, RemoteItem, RemoteLocation

REFERENCE = "First import from NetSuite"


@dataclass(frozen=True)
class ImportReport:
    """What was done, or would be: with problems nothing was stored."""

    plan: ImportPlan
    dry_run: bool

    @property
    def stored(self) -> bool:
        return not self.dry_run and not self.plan.problems

    def as_dict(self) -> dict[str, Any]:
        plan = self.plan
        return {
            "dry_run": self.dry_run,
            "stored": self.stored,
            "items": plan.items.as_dict(),
            "locations": plan.locations.as_dict(),
            "balances": plan.balances.as_dict(),
            "quantity_opened": f"{plan.quantity_opened.normalize():f}",
            "problems": plan.problems,
            "notes": plan.notes,
        }


def import_from_netsuite(*, dry_run: bool, only: Sequence[str] = (), by: Any | None = None) -> ImportReport:
    """Raises Refused when NetSuite cannot be read; problems with what it holds are in the report, all at once."""
    started = now()
    locations, items, balances = _read()
    with transaction.atomic():
        plan = make_plan(items, locations, balances, only=only)
        report = ImportReport(plan, dry_run)
        if report.stored:
            _store(plan, started, by)
    return report


def _read() -> tuple[list[RemoteLocation], list[RemoteItem], list[RemoteBalance]]:
    try:
        client = snapshots.reader()
    except NotConnected as problem:
        raise Refused(str(problem)) from problem
    signer = client.caller.signer
    halted = halts.why_not_sign_in(signer)
    if halted:
        raise Refused(halted)
    try:
        read = (snapshots.read_locations(client), snapshots.read_items(client), snapshots.read_balances(client))
    except QueryFailed as failure:
        if isinstance(failure.outcome, AuthStop):
            halts.reading_refused(failure.outcome, signer, configuration.timing())
        raise Refused(str(failure)) from failure
    if not read[1]:
        raise Refused("NetSuite showed no items. Check that the integration's role may see items and locations.")
    return read


def _store(plan: ImportPlan, started: datetime, by: Any | None) -> None:
    for location in plan.locations_to_save:
        location.save()
    upsert_items(plan.wanted_items, reason=REFERENCE, by=by)
    _open(plan, started, by)
    if plan.wanted_items or plan.openings or plan.locations_to_save:
        audit.append(
            actor=by,
            verb="netsuite.imported",
            entity_ref="catalogue",
            details={
                "items": plan.items.as_dict(),
                "locations": plan.locations.as_dict(),
                "balances": plan.balances.as_dict(),
            },
        )


def _open(plan: ImportPlan, started: datetime, by: Any | None) -> None:
    codes = [opening.item_code for opening in plan.openings]
    items = dict(Item.objects.filter(item_code__any_of=codes).order_by().values_list("item_code", "pk"))
    for location_id, location in plan.wanted_locations.items():
        lines = [
            OpeningStock(items[opening.item_code], opening.quantity)
            for opening in plan.openings
            if opening.location_id == location_id
        ]
        if lines:
            open_stock(
                lines,
                location=location,
                zone=None,
                occurred_at=started,
                reference=REFERENCE,
                source="netsuite",
                by=by,
            )
