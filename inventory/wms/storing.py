"""A judged message on disk: itself, its updates, the ledger, the standings, and an event for each change."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals import tracing
from approvals.outbox.writing import Draft, write_events
from approvals.set_based import insert_rows, update_rows
from inventory.models import WmsClient, WmsMessage, WmsStanding, WmsUpdate
from inventory.stock.ledger import post_wms_updates
from inventory.wms.judging import APPLIED, DUPLICATE, Side, Verdict
from inventory.wms.telling import tell_of_updates

ADJUSTED = "inventory.adjusted"
Change = tuple[str, int | None, Decimal | None, Decimal | None]
"""SKU, sequence, by how much, and what is on hand then."""
UPDATE_COLUMNS = (
    *("client", "message", "position", "sequence", "sku", "payload", "payload_hash", "schema_version", "received_at"),
    *("item", "quantity", "status", "as_of", "state", "reason", "why", "delta", "on_hand"),
)
STANDING_COLUMNS = ("sequence", "quantity", "as_of", "taken_at")


def store_message(**columns: Any) -> WmsMessage:
    return WmsMessage.objects.create(**columns)


@tracing.traced("wms: store")
def store_outcome(message: WmsMessage, verdicts: Sequence[Verdict], side: Side) -> None:
    """The caller holds the client's intake and the balances. A duplicate leaves no row but its count."""
    insert_rows(WmsUpdate, UPDATE_COLUMNS, [_row(message, v) for v in verdicts if v.state != DUPLICATE])
    applied = [verdict for verdict in verdicts if verdict.state == APPLIED]
    if applied:
        post_wms_updates(message)
        changes = [(v.read.sku, v.read.sequence, v.delta, v.on_hand) for v in applied]
        write_events(adjusted(message.client, changes, message.received_at))
    store_standings(message.client_id, side, message.received_at)
    tell_of_updates(message, verdicts)


def _row(message: WmsMessage, verdict: Verdict) -> tuple[Any, ...]:
    read, update = verdict.read, verdict.read.update
    meant = (update.quantity, update.status, verdict.as_of) if update else (None, "", None)
    return (
        message.client_id, message.pk, read.position, read.sequence, read.sku, read.payload, read.payload_hash,
        message.schema_version, message.received_at, verdict.item_id, *meant, verdict.state, verdict.reason,
        verdict.why, verdict.delta, verdict.on_hand,
    )  # fmt: skip


def adjusted(client: WmsClient, changes: Iterable[Change], at: datetime) -> list[Draft]:
    """An event for each change of an item's on hand that a WMS's word has made."""
    location, wms_id = client.location.code, client.wms_id
    return [
        Draft(
            ADJUSTED,
            f"sku:{sku}",
            {
                "item_code": sku, "location": location, "delta": str(delta), "on_hand": str(on_hand),
                "source": "wms", "wms_id": wms_id, "sequence": sequence,
            },
            at,
        )
        for sku, sequence, delta, on_hand in changes
    ]  # fmt: skip


def store_standings(client_id: int, side: Side, at: datetime) -> None:
    moved = [(item, standing) for item, standing in side.standings.items() if standing.as_of is not None]
    new = [(client_id, item, s.sequence, s.quantity, s.as_of, at) for item, s in moved if s.pk is None]
    known = [(s.pk, s.sequence, s.quantity, s.as_of, at) for _, s in moved if s.pk is not None]
    insert_rows(WmsStanding, ("client", "item", *STANDING_COLUMNS), new)
    update_rows(WmsStanding, STANDING_COLUMNS, known)
