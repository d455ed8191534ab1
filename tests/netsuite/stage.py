"""What the tests of pushing put into the queue, and what they ask NetSuite's own log."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from approvals.models import Alert
from inventory.models import Movement
from inventory.stock.ledger import first_wrong_balance
from netsuite import queue
from netsuite.models import Push, PushAttempt
from netsuite.records import AdjustmentLine, Reference, inventory_adjustment, line_count
from netsuite.simulator.running import Running

LOTS = 1_000_000


def adjustment(
    *items: str, quantity: str = "2", location: str = "MAIN", on: date = date(2026, 11, 21)
) -> dict[str, Any]:
    return inventory_adjustment(
        tran_date=on,
        memo="Cycle count of zone A",
        account_id="",
        subsidiary_id="",
        location=Reference(location),
        lines=[AdjustmentLine(Reference(item), Decimal(quantity), Decimal("12.5")) for item in items],
    )


def enqueue(external_id: str, *items: str, **given: Any) -> Push:
    record = adjustment(*(items or ("000123",)), **given)
    return queue.enqueue(
        record_type="inventoryadjustment",
        external_id=external_id,
        record=record,
        label=f"Count {external_id}",
        line_count=line_count(record),
    )


def open_alerts() -> list[str]:
    return list(Alert.objects.filter(resolved_at=None).values_list("key", flat=True))


def tries(external_id: str) -> list[tuple[str, str]]:
    rows = PushAttempt.objects.filter(push__external_id=external_id).order_by("number")
    return list(rows.values_list("kind", "outcome"))


def state(external_id: str) -> str:
    return Push.objects.get(external_id=external_id).status


def sends(simulator: Running, external_id: str | None = None) -> list[dict[str, Any]]:
    rows = simulator.control.requests(external_id=external_id, limit=LOTS)
    return [row for row in rows if row["method"] == "POST" and row["route"] != "token"]


def token_requests(simulator: Running) -> list[dict[str, Any]]:
    return [row for row in simulator.control.requests() if row["route"] == "token"]


def assert_once(simulator: Running, *external_ids: str) -> None:
    """The oracle is NetSuite's own log, not our tables."""
    held = sorted(row["external_id"] for row in simulator.control.transactions(limit=LOTS))
    assert held == sorted(external_ids)
    assert_no_duplicates(simulator)


def assert_no_duplicates(simulator: Running) -> None:
    """Nothing written twice, never two writers at once, no nonce used again."""
    duplicates = simulator.control.duplicates()
    assert not duplicates["external_ids"]
    assert not duplicates["committed_by_two_requests"]
    assert simulator.control.concurrency()["peak_writers"] <= 1
    nonces = [row["nonce"] for row in simulator.control.requests(limit=LOTS) if row["nonce"]]
    assert len(nonces) == len(set(nonces))


def assert_books_agree(simulator: Running) -> None:
    """Of every item NetSuite holds the changes our ledger holds, and our balances are the sum of our movements."""
    counted = Movement.objects.filter(kind=Movement.Kind.COUNT).order_by()
    sums = counted.values_list("item__item_code").annotate(Sum("delta"))
    ours = {code: total for code, total in sums if total}
    rows = simulator.control.balances()
    theirs = {row["itemid"]: Decimal(row["posted"]) for row in rows if Decimal(row["posted"])}
    assert theirs == ours
    assert first_wrong_balance() is None
