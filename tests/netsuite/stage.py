"""What the tests of pushing put into the queue, and what they ask NetSuite's own log."""

from datetime import date
from decimal import Decimal
from typing import Any

from netsuite import queue
from netsuite.models import Push
from netsuite.records import AdjustmentLine, Reference, inventory_adjustment, line_count
from netsuite.simulator.running import Running


def adjustment(*items: str, quantity: str = "2", location: str = "MAIN") -> dict[str, Any]:
    return inventory_adjustment(
        tran_date=date(2026, 11, 21),
        memo="Cycle count of zone A",
        account_id="",
        subsidiary_id="",
        location=Reference(location),
        lines=[AdjustmentLine(Reference(item), Decimal(quantity), Decimal("12.5")) for item in items],
    )


def enqueue(external_id: str, *items: str, quantity: str = "2", location: str = "MAIN") -> Push:
    record = adjustment(*(items or ("000123",)), quantity=quantity, location=location)
    return queue.enqueue(
        record_type="inventoryadjustment",
        external_id=external_id,
        record=record,
        label=f"Count {external_id}",
        line_count=line_count(record),
    )


def state(external_id: str) -> str:
    return Push.objects.get(external_id=external_id).status


def sends(simulator: Running, external_id: str | None = None) -> list[dict[str, Any]]:
    rows = simulator.control.requests(external_id=external_id)
    return [row for row in rows if row["method"] == "POST" and row["route"] != "token"]


def token_requests(simulator: Running) -> list[dict[str, Any]]:
    return [row for row in simulator.control.requests() if row["route"] == "token"]


def assert_once(simulator: Running, *external_ids: str) -> None:
    """The oracle is NetSuite's own log, not our tables."""
    held = sorted(row["external_id"] for row in simulator.control.transactions())
    assert held == sorted(external_ids)
    duplicates = simulator.control.duplicates()
    assert not duplicates["external_ids"]
    assert not duplicates["committed_by_two_requests"]
    assert simulator.control.concurrency()["peak_writers"] <= 1
    nonces = [row["nonce"] for row in simulator.control.requests() if row["nonce"]]
    assert len(nonces) == len(set(nonces))
