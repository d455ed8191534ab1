"""What every transaction has, whatever its kind: one row, one namespace of external ids, an accounting period."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.field_values import Rejected
from netsuite.simulator.quantities import quantity_text
from netsuite.simulator.storage import Database, Row, next_number

LINE_TABLES = ("assignments", "lines", "sales_lines", "estimates")


@dataclass(frozen=True)
class Identity:
    """What marks the saved transaction: external id, the client's key and hash, our hash of the content."""

    external_id: str | None
    payload_hash: str
    content_hash: str
    visible_from: float
    push_key: str = ""


@dataclass(frozen=True)
class Head:
    """The part of a checked transaction that every kind has."""

    trandate: str
    period: str
    subsidiary: str
    memo: str
    units: int
    total: Decimal
    account: str = ""
    location: str | None = None


class Kind(Protocol):
    """One kind of transaction: what NetSuite checks before it saves one, and what saving changes."""

    record_type: str

    def check(self, db: Database, record: Any, *, numbers_by_id: bool = False) -> Any:
        """Raise Rejected, or give what :meth:`save` takes. ``numbers_by_id`` lets a detail name a lot by
        internal id, as the record surface does."""
        ...

    def save(self, db: Database, checked: Any, identity: Identity, *, replaced: Row | None = None) -> Row:
        """Write it, in the place of ``replaced`` when it is an update. The unique external id may raise
        ``sqlite3.IntegrityError``."""
        ...


def write(
    db: Database,
    clock: SimulatedClock,
    head: Head,
    identity: Identity,
    *,
    kind: str,
    record_type: str,
    series: str,
    replaced: Row | None,
) -> Row:
    """The row itself; lines of a replaced transaction are gone afterwards."""
    now = clock.iso()
    number = replaced["id"] if replaced else next_number(db, "transactions", start=1001)
    tranid = replaced["tranid"] if replaced else f"{series}{next_number(db, series)}"
    values = {
        "external_id": identity.external_id,
        "tranid": tranid,
        "kind": kind,
        "record_type": record_type,
        "trandate": head.trandate,
        "period": head.period,
        "account": head.account,
        "subsidiary": head.subsidiary,
        "location": head.location,
        "memo": head.memo,
        "payload_hash": identity.payload_hash,
        "content_hash": identity.content_hash,
        "push_key": identity.push_key,
        "quantity_sum": head.units,
        "total": str(head.total),
        "created": replaced["created"] if replaced else now,
        "modified": now,
        "visible_from": replaced["visible_from"] if replaced else identity.visible_from,
    }
    if replaced:
        clear_lines(db, number)
        columns = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE transactions SET {columns} WHERE id = ?", (*values.values(), number))
    else:
        marks = ", ".join("?" for _ in values)
        db.execute(
            f"INSERT INTO transactions (id, {', '.join(values)}) VALUES (?, {marks})", (number, *values.values())
        )
    return dict(db.execute("SELECT * FROM transactions WHERE id = ?", (number,)).fetchone())


def clear_lines(db: Database, number: int) -> None:
    for table in LINE_TABLES:
        db.execute(f"DELETE FROM {table} WHERE transaction_id = ?", (number,))


def delete(db: Database, number: int) -> None:
    clear_lines(db, number)
    db.execute("DELETE FROM transactions WHERE id = ?", (number,))


def holding(db: Database, key: str) -> list[Row]:
    """All transactions with this external id, or pushed under it and robbed of it since; oldest first."""
    rows = db.execute(
        "SELECT * FROM transactions WHERE external_id = ? OR push_key = ? ORDER BY id", (key, key)
    ).fetchall()
    return [dict(row) for row in rows]


def open_period(db: Database, trandate: str, *, posting: bool) -> str:
    """The accounting period of a date; one that posts needs it open."""
    row = db.execute("SELECT * FROM periods WHERE ? BETWEEN startdate AND enddate", (trandate,)).fetchone()
    if row is None:
        raise Rejected("VALID_PRD_REQD", f"No valid, open, posting period for date {trandate}.", field="tranDate")
    if posting and (row["closed"] or row["locked"]):
        text = f"The period {row['name']} is closed; the transaction date {trandate} is not allowed."
        raise Rejected("TRAN_PERIOD_CLOSED", text, field="tranDate")
    return str(row["id"])


def summary(db: Database, row: Row) -> dict[str, Any]:
    """A saved transaction in the words of the RESTlet contract."""
    table = "sales_lines" if row["kind"] == "Estimate" else "lines"
    lines = db.execute(f"SELECT COUNT(*) FROM {table} WHERE transaction_id = ?", (row["id"],)).fetchone()[0]
    subtotal = db.execute("SELECT subtotal FROM estimates WHERE transaction_id = ?", (row["id"],)).fetchone()
    return {
        "internalId": str(row["id"]),
        "tranId": row["tranid"],
        "externalId": row["external_id"] or row["push_key"],
        "payloadHash": row["payload_hash"],
        "lineCount": lines,
        "quantitySum": quantity_text(row["quantity_sum"]),
        "subtotal": subtotal["subtotal"] if subtotal else None,
        "total": row["total"],
    }
