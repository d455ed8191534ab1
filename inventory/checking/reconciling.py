"""A disputed quantity stated by hand, and what stands now: the manual override of reconciliation."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals import audit
from approvals.clock import now
from approvals.health import seconds_since
from approvals.refusals import Refused
from inventory.checking.statements import last_statement
from inventory.excel.answers import sync_dispute
from inventory.models import Balance, ExcelSync, Item, Location, Movement, OversellIncident, SyncLine, WmsStanding
from inventory.wms.disputes import forget_dispute, link_sync, open_dispute

PERMISSION = "inventory.reconcile_stock"
LONGEST_REASON = 150


@dataclass(frozen=True)
class Current:
    """Quantities in the item's unit. `as_of` is when what the authority said last was true."""

    balance: Balance
    document: str
    as_of: datetime | None
    updated_at: datetime
    incidents: list[OversellIncident]

    @property
    def freshness_seconds(self) -> int | None:
        return seconds_since(self.as_of)


def current(*, item: Item, location: Location) -> Current | None:
    """None where the item is not kept."""
    balance = Balance.objects.select_related("item", "location").filter(item=item, location=location).first()
    if balance is None:
        return None
    statement = last_statement(item, location, balance.authority)
    moved = Movement.objects.filter(item=item, location=location).order_by("-occurred_at")
    told = WmsStanding.objects.filter(item=item, client__location=location).order_by("-taken_at")
    touched = [moved.values_list("recorded_at", flat=True).first(), told.values_list("taken_at", flat=True).first()]
    return Current(
        balance=balance,
        document=statement.document if statement.as_of else "",
        as_of=statement.as_of,
        updated_at=max([balance.created_at, *(at for at in touched if at)]),
        incidents=list(OversellIncident.objects.filter(item=item, location=location, closed_at=None)),
    )


def reconcile(*, item: Item, location: Location, quantity: Decimal, reason: str, by: Any) -> SyncLine:
    """State what lies there now, whoever has the authority. Small differences post, larger ones go to an approver; what
    a WMS with the authority says otherwise is disputed from now on.

    Raises Refused; nothing is stored then.
    """
    reason = " ".join(reason.split())
    _check(item, location, quantity, reason, by)
    # First, so that no message of the WMS undoes in between what is being stated.
    dispute = open_dispute(item=item, location=location, found=quantity, reason=reason, by=by)
    try:
        sync: ExcelSync = sync_dispute(item=item, location=location, found=quantity, when=now(), reason=reason, by=by)
    except Refused:
        if dispute:
            forget_dispute(dispute)
        raise
    if dispute:
        link_sync(dispute, sync)
    audit.append(
        actor=by, verb="stock.reconciled", entity_ref=f"excel_sync:{sync.pk}",
        details={"item_code": item.item_code, "location": location.code, "quantity": quantity, "reason": reason},
    )  # fmt: skip
    return sync.lines.select_related("proposed_action").get()


def _check(item: Item, location: Location, quantity: Decimal, reason: str, by: Any) -> None:
    problems = []
    if not by.has_perm(PERMISSION):
        problems.append("You may not state a disputed quantity. Ask an administrator for the approver role.")
    if not Balance.objects.filter(item=item, location=location).exists():
        problems.append(f"{item.item_code} is not kept at {location.code}. Bring in its opening stock first.")
    if not item.is_active:
        problems.append(f"{item.item_code} is switched off in the catalogue. Switch it on first.")
    if not item.allows_fractions and quantity % 1:
        problems.append(f"{quantity:f} is not whole, but {item.unit} comes in whole units.")
    if not reason or len(reason) > LONGEST_REASON:
        problems.append(f"Say why in at most {LONGEST_REASON} characters: it is kept with the correction.")
    if problems:
        raise Refused(problems)
