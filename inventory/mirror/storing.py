"""Writing what a comparison found: only rows about which something changed, in a constant number of statements."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals.clock import now
from approvals.set_based import insert_rows, update_rows
from inventory.mirror.comparing import Compared, RowKey
from inventory.models import Parity

SHOWN = (
    *("netsuite_item", "item_name", "netsuite_quantity", "our_quantity", "explained", "difference", "state", "pushes"),
    *("seen", "since", "accepted_difference"),
)
State = Parity.State


def store(rows: Iterable[Compared]) -> Counter[str]:
    """Bring the parity rows up to date; how many are in which state. The caller holds the mirror's mark."""
    known = _known()
    moment = now()
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    states: Counter[str] = Counter()
    for row in rows:
        before = known.pop(row.key, None)
        after = _after(row, before, moment)
        states[after["state"]] += 1
        values = tuple(after[name] for name in SHOWN)
        if before is None:
            new.append((row.item_id, row.location_id, *values))
        elif any(before[name] != after[name] for name in SHOWN):
            changed.append((before["pk"], *values))
    insert_rows(Parity, ["item", "location", *SHOWN], new)
    update_rows(Parity, SHOWN, changed)
    _forget(known.values(), moment)
    return states


def _known() -> dict[RowKey, dict[str, Any]]:
    rows = Parity.objects.order_by().values("pk", "item_id", "location_id", "correction_id", *SHOWN)
    return {
        (row["item_id"] if row["item_id"] is not None else row["netsuite_item"], row["location_id"]): row
        for row in rows.iterator(chunk_size=20_000)
    }


def _after(row: Compared, before: dict[str, Any] | None, moment: datetime) -> dict[str, Any]:
    verdict = row.verdict
    accepted = before["accepted_difference"] if before else None
    if accepted != verdict.difference:
        accepted = None
    state = State.ACCEPTED if accepted is not None else verdict.state
    looks = before["seen"] if before else 0
    if state not in Parity.APART:
        looks = 0
    elif not row.is_open:  # while a push is being looked up, the difference may still be its doing
        looks += 1
    return {
        "netsuite_item": row.netsuite_item,
        "item_name": row.item_name,
        "netsuite_quantity": row.theirs,
        "our_quantity": row.ours,
        "explained": verdict.explained,
        "difference": verdict.difference,
        "state": state,
        "pushes": list(verdict.pushes),
        "seen": looks,
        "since": before["since"] if before and before["state"] == state else moment,
        "accepted_difference": accepted,
    }


def _forget(gone: Iterable[dict[str, Any]], moment: datetime) -> None:
    """Balances neither side has any more. A row that a decision was about stays, as equal."""
    rows = list(gone)
    decided = [row for row in rows if row["correction_id"]]
    emptied = [row["pk"] for row in decided if (row["our_quantity"], row["netsuite_quantity"]) != (None, None)]
    if rows:
        Parity.objects.filter(pk__any_of=[row["pk"] for row in rows if not row["correction_id"]]).delete()
    if emptied:
        Parity.objects.filter(pk__any_of=emptied).update(
            netsuite_quantity=None, our_quantity=None, explained=Decimal(0), difference=Decimal(0),
            state=State.EQUAL, pushes=[], seen=0, since=moment, accepted_difference=None,
        )  # fmt: skip
