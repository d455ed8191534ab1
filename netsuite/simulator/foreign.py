"""Another integration at work in the same account, between two of our calls. The log shows its records as its own."""

from collections.abc import Callable
from typing import Any

from netsuite.simulator.adjustments import RECORD_TYPE as ADJUSTMENT
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import RECORD_PATH, Answer, Exchange
from netsuite.simulator.journal import Journal
from netsuite.simulator.quantities import MILLIONTHS
from netsuite.simulator.storage import Database, Store
from netsuite.simulator.transactions import Identity, Kind

Script = Callable[[Exchange, Database], Answer]
MEMO = "Changed by another integration"


class ForeignHand:
    def __init__(self, store: Store, clock: SimulatedClock, adjustments: Kind, journal: Journal) -> None:
        self._store = store
        self._clock = clock
        self._adjustments = adjustments
        self._journal = journal

    def take_external_id(self, exchange: Exchange, script: Script, *, equal: bool) -> None:
        """Write the record of this request first; ``equal`` with our hash, otherwise with another."""
        with self._store.transaction() as db:
            answer = script(exchange, db)
            if answer.committed is None:
                return
            if not equal:
                db.execute(
                    "UPDATE transactions SET payload_hash = ?, content_hash = ?, memo = ? WHERE id = ?",
                    ("0" * 64, f"foreign {answer.committed}", MEMO, answer.committed),
                )
            self._log(exchange, "dup_external_id", answer.committed)

    def change_stock(self, exchange: Exchange) -> None:
        """One piece more of the first item of the request, or of the first balance there is."""
        with self._store.transaction() as db:
            place = self._place(db, exchange)
            if place is None:
                return
            line = {"item": place[0], "location": place[1], "adjustQtyBy": "1.000"}
            record = {"tranDate": self._clock.today().isoformat(), "memo": MEMO, "lines": [line]}
            checked = self._adjustments.check(db, record)
            identity = Identity(None, "", f"foreign {self._clock.timestamp()}", self._clock.timestamp())
            row = self._adjustments.save(db, checked, identity)
            self._log(None, "foreign_write", str(row["id"]))

    def change_record(self, exchange: Exchange) -> None:
        """The record under the request's external id gets another memo and one piece more on its first line."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM transactions WHERE external_id = ?", (exchange.external_id,)).fetchone()
            if row is None:
                return
            table = "lines" if row["record_type"] == ADJUSTMENT else "sales_lines"
            db.execute(
                f"UPDATE {table} SET quantity = quantity + ? WHERE transaction_id = ? AND number = 1",
                (MILLIONTHS, row["id"]),
            )
            db.execute(
                "UPDATE transactions SET memo = ?, modified = ?, quantity_sum = quantity_sum + ? WHERE id = ?",
                (MEMO, self._clock.iso(), MILLIONTHS, row["id"]),
            )

    def rob_external_id(self, exchange: Exchange) -> None:
        """Give the record another external id; the custom field with the push key stays."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE transactions SET external_id = 'THEIRS-' || id, modified = ? WHERE external_id = ?",
                (self._clock.iso(), exchange.external_id),
            )

    def _place(self, db: Database, exchange: Exchange) -> tuple[Any, Any] | None:
        lines = record_in(exchange).get("lines") or (record_in(exchange).get("inventory") or {}).get("items")
        first = lines[0] if isinstance(lines, list) and lines and isinstance(lines[0], dict) else {}
        place = first.get("location") or record_in(exchange).get("adjLocation")
        if first.get("item") and place:
            return first["item"], place
        row = db.execute("SELECT item, location FROM stock ORDER BY item, location LIMIT 1").fetchone()
        return ({"id": row["item"]}, {"id": row["location"]}) if row else None

    def _log(self, exchange: Exchange | None, fault: str, committed: str) -> None:
        shown = exchange or Exchange("POST", "/another/integration", {})
        self._journal.append(
            shown, route="foreign", auth="another integration", outcome="created", fault=fault, committed=committed
        )


def record_in(exchange: Exchange) -> dict[str, Any]:
    """The record a request carries, on either surface; empty when it carries none."""
    document = exchange.document
    if RECORD_PATH.fullmatch(exchange.path):
        return document if isinstance(document, dict) else {}
    record = document.get("record") if isinstance(document, dict) else None
    return record if isinstance(record, dict) else {}
