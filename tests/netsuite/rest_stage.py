"""Adjustments the record API can be told: every item and location by its internal id."""

from datetime import date
from decimal import Decimal
from typing import Any

from netsuite import configuration, queue
from netsuite.client import Client, client_for
from netsuite.models import Push, PushAttempt
from netsuite.records import AdjustmentLine, Reference, inventory_adjustment, payload_hash

TYPE = "inventoryadjustment"


def record(*items: str, quantity: str = "2.125", location: str = "7", account: str = "54") -> dict[str, Any]:
    references = [Reference(f"C-{item}", item) for item in items or ("501", "502")]
    return inventory_adjustment(
        tran_date=date(2026, 11, 21),
        memo="Cycle count of zone Ä",
        account_id=account,
        subsidiary_id="1",
        location=Reference("MAIN", location),
        lines=[AdjustmentLine(item, Decimal(quantity), Decimal("12.3456")) for item in references],
    )


def content(external_id: str = "CS-IA-1", given: dict[str, Any] | None = None) -> dict[str, Any]:
    given = given or record()
    return {
        "record_type": TYPE,
        "external_id": external_id,
        "record": given,
        "payload_hash": payload_hash(record_type=TYPE, external_id=external_id, record=given),
    }


def enqueue(external_id: str, *items: str, **changed: str) -> Push:
    given = record(*(items or ("501",)), **changed)
    return queue.enqueue(
        record_type=TYPE, external_id=external_id, record=given, label=f"Count {external_id}", line_count=1
    )


def client() -> Client:
    return client_for(configuration.connection(), configuration.timing())


def tries(external_id: str) -> list[tuple[str, str]]:
    rows = PushAttempt.objects.filter(push__external_id=external_id).order_by("number")
    return list(rows.values_list("kind", "outcome"))
