"""A person's word against a WMS's: opened when a person states another quantity, ended by either side's next step.

Without it the next message, which repeats what the person has just corrected, would silently undo it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from approvals import audit, watching
from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.models import Alert, ProposedAction
from approvals.refusals import Refused
from approvals.set_based import update_rows
from approvals.templatetags.figures import quantity as plain
from inventory.models import (
    Authority,
    Balance,
    ExcelSync,
    Item,
    Location,
    SyncLine,
    WmsClient,
    WmsDispute,
    WmsStanding,
)
from inventory.variance.expected import moved_after
from inventory.wms.applying_standings import apply_standings
from inventory.wms.intake import hold_intake
from inventory.wms.judging import Side

Outcome = WmsDispute.Outcome
NOTHING = Decimal(0)


def newest_word(item: Item, location: Location) -> WmsStanding | None:
    """Of the client that is enabled; else of the one that spoke last."""
    rows = WmsStanding.objects.filter(item=item, client__location=location).select_related("client__location")
    return rows.order_by("-client__is_enabled", "-taken_at").first()


def comes_to(word: WmsStanding) -> Decimal:
    """What it means now, goods moved since included."""
    moved = moved_after(word.client.location, [(word.item_id, word.as_of)])
    return word.quantity + moved.get((word.item_id, word.as_of), NOTHING)


def open_dispute(*, item: Item, location: Location, found: Decimal, reason: str, by: Any) -> WmsDispute | None:
    """None where nothing is disputed: the WMS has no say here, has said nothing, or says the same. A dispute that was
    open ends: the person states it anew."""
    word = newest_word(item, location)
    balance = Balance.objects.filter(item=item, location=location, authority=Authority.WMS)
    if word is None or not balance.exists():
        return None
    with transaction.atomic():
        hold_intake(word.client)
        word.refresh_from_db(fields=["sequence", "quantity", "as_of"])
        _end(WmsDispute.objects.filter(item=item, location=location), Outcome.RESTATED, by)
        theirs = comes_to(word)
        if theirs == found:
            return None
        return WmsDispute.objects.create(
            item=item, location=location, client=word.client, stated_by=by, quantity=found, reason=reason,
            wms_sequence=word.sequence, wms_quantity=word.quantity, wms_on_hand=theirs, opened_at=now(),
        )  # fmt: skip


def forget_dispute(dispute: WmsDispute) -> None:
    """What it was to stand for was refused: as if it had never been opened."""
    with transaction.atomic():
        hold_intake(dispute.client)
        if WmsDispute.objects.filter(pk=dispute.pk, closed_at=None).delete()[0]:
            apply_standings(client=dispute.client, item_ids=[dispute.item_id], at=now())


def link_sync(dispute: WmsDispute, sync: ExcelSync) -> None:
    WmsDispute.objects.filter(pk=dispute.pk).update(sync=sync)


def end_accepting(*, dispute_id: int, by: Any) -> WmsDispute:
    """The WMS was right: what it said last is applied, unless that very update was applied before. Raises Refused."""
    dispute = WmsDispute.objects.select_related("client__location", "item", "location").get(pk=dispute_id)
    with transaction.atomic():
        hold_intake(dispute.client)
        if not _end(WmsDispute.objects.filter(pk=dispute_id), Outcome.ACCEPTED, by):
            raise Refused(f"The dispute on {dispute} is over already. Look at it again.")
        apply_standings(client=dispute.client, item_ids=[dispute.item_id], at=now())
        audit.append(
            actor=by, verb="wms_dispute.accepted", entity_ref=f"wms_dispute:{dispute.pk}",
            details={"item_code": dispute.item.item_code, "location": dispute.location.code},
        )  # fmt: skip
    return dispute


def settle_disputes(client: WmsClient, side: Side, at: datetime) -> None:
    """What a message ended. The caller holds the client's intake, and has stored what became of the updates."""
    if not side.settled:
        return
    rows = [(settled.pk, at, settled.outcome, settled.sequence) for settled in side.settled]
    update_rows(WmsDispute, ["closed_at", "outcome", "closing_sequence"], rows)
    overtaken = [settled for settled in side.settled if settled.outcome == Outcome.OVERTAKEN]
    if overtaken:
        one = WmsDispute.objects.select_related("item", "location").get(pk=overtaken[0].pk)
        number = len(overtaken)
        raise_alert(
            key=f"wms-dispute-{client.pk}",
            severity=Alert.Severity.WARNING,
            message=f"{client} stated a third figure for {number} disputed item{'s' * (number != 1)}, and it was "
            f"applied: {one.item.item_code} was {plain(one.wms_on_hand)} by the WMS and {plain(one.quantity)} by "
            f"{one.stated_by}; sequence {one.closing_sequence} says otherwise. Have a look there.",
            link=f"/admin/inventory/wmsdispute/?client__id__exact={client.pk}&standing=closed",
        )


def watch_disputes() -> None:
    """A person's word that was not approved, or was taken back, does not hold against the WMS."""
    undone = Q(decision=SyncLine.Decision.REJECTED) | Q(proposed_action__status=ProposedAction.Status.WITHDRAWN)
    syncs = SyncLine.objects.filter(undone, sync__disputes__closed_at=None).order_by().values("sync")
    rows = WmsDispute.objects.filter(closed_at=None, sync__in=syncs).select_related("client__location")
    for dispute in rows.order_by("pk"):
        with transaction.atomic():
            hold_intake(dispute.client)
            if _end(WmsDispute.objects.filter(pk=dispute.pk), Outcome.REJECTED, None):
                apply_standings(client=dispute.client, item_ids=[dispute.item_id], at=now())


def _end(disputes: Any, outcome: str, by: Any | None) -> int:
    number: int = disputes.filter(closed_at=None).update(closed_at=now(), outcome=outcome, closed_by=by)
    return number


watching.register("wms_disputes", watch_disputes)
