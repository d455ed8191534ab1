"""Read-only questions a test or a person asks about the account."""

from typing import Any

from netsuite.simulator.quantities import quantity_text
from netsuite.simulator.storage import Row, Store

_BALANCES = """
SELECT s.item, i.itemid, s.location, l.name AS location_name, s.opening, s.committed, s.average_cost,
       COALESCE((SELECT SUM(quantity) FROM lines WHERE lines.item = s.item AND lines.location =
              s.location), 0) AS posted
  FROM stock s JOIN items i ON i.id = s.item JOIN locations l ON l.id = s.location
 WHERE (:item IS NULL OR s.item = :item OR i.itemid = :item COLLATE NOCASE)
   AND (:location IS NULL OR s.location = :location OR l.name = :location COLLATE NOCASE)
 ORDER BY i.itemid, l.name"""
_LINES = """
SELECT l.number, l.item, i.itemid, l.location, o.name AS location_name, l.quantity, l.unit_cost, l.amount,
       l.memo
  FROM lines l JOIN items i ON i.id = l.item JOIN locations o ON o.id = l.location
 WHERE l.transaction_id = ? ORDER BY l.number"""

_SALES_LINES = """
SELECT s.number, s.item, i.itemid, NULL AS location, '' AS location_name, s.quantity, s.rate AS unit_cost, s.amount,
       s.description AS memo, s.price_level, s.rate
  FROM sales_lines s JOIN items i ON i.id = s.item WHERE s.transaction_id = ? ORDER BY s.number"""


class Inspection:
    def __init__(self, store: Store) -> None:
        self._store = store

    def transactions(self, external_id: str | None = None, limit: int = 500) -> list[dict[str, Any]]:
        """Newest first, with lines; read lag does not apply here. Without an external id: all, up to
        ``limit``."""
        rows = self._store.rows(
            "SELECT * FROM transactions WHERE ? IS NULL OR external_id = ? ORDER BY id DESC LIMIT ?",
            external_id,
            external_id,
            limit,
        )
        return [self._transaction(row) for row in rows]

    def _transaction(self, row: Row) -> dict[str, Any]:
        head = self._store.row("SELECT * FROM estimates WHERE transaction_id = ?", row["id"])
        lines = self._store.rows(_SALES_LINES if head else _LINES, row["id"])
        return (
            row
            | (head or {})
            | {
                "id": str(row["id"]),
                "quantity_sum": quantity_text(row["quantity_sum"]),
                "lines": [line | {"quantity": quantity_text(line["quantity"])} for line in lines],
            }
        )

    def balances(self, item: str | None = None, location: str | None = None) -> list[dict[str, Any]]:
        """Item and location by internal id or by name."""
        with self._store.reading() as db:
            rows = [dict(row) for row in db.execute(_BALANCES, {"item": item, "location": location})]
        return [
            {
                "item": row["item"],
                "itemid": row["itemid"],
                "location": row["location"],
                "location_name": row["location_name"],
                "on_hand": quantity_text(row["opening"] + row["posted"]),
                "available": quantity_text(row["opening"] + row["posted"] - row["committed"]),
                "posted": quantity_text(row["posted"]),
                "average_cost": row["average_cost"],
            }
            for row in rows
        ]

    def duplicates(self) -> dict[str, list[Row]]:
        """Anything posted twice. ``same_content`` may be innocent: two equal records under two
        external ids."""

        def repeated(column: str) -> list[Row]:
            return self._store.rows(
                f"SELECT {column} AS value, COUNT(*) AS times, GROUP_CONCAT(id) AS ids FROM transactions"
                f" WHERE {column} <> '' GROUP BY {column} HAVING COUNT(*) > 1"
            )

        written_twice = self._store.rows(
            "SELECT external_id AS value, COUNT(*) AS times, GROUP_CONCAT(committed) AS ids FROM requests"
            " WHERE committed IS NOT NULL AND external_id IS NOT NULL GROUP BY external_id COLLATE NOCASE"
            " HAVING COUNT(*) > 1"
        )
        return {
            "external_ids": repeated("external_id"),
            "push_keys": repeated("push_key"),
            "payload_hashes": repeated("payload_hash"),
            "committed_by_two_requests": written_twice,
            "same_content": repeated("content_hash"),
        }

    def invariants(self) -> dict[str, Any]:
        """What must hold whatever happens. ``broken`` says in sentences what does not."""
        peak = self._store.row("SELECT COALESCE(MAX(writers), 0) AS n FROM requests") or {"n": 0}
        nonces = self._store.rows(
            "SELECT nonce FROM requests WHERE nonce <> '' AND auth <> 'refused' GROUP BY nonce HAVING COUNT(*) > 1"
        )
        unlogged = self._store.rows(
            "SELECT id FROM transactions WHERE CAST(id AS TEXT) NOT IN"
            " (SELECT committed FROM requests WHERE committed IS NOT NULL)"
        )
        unequal = self._store.rows(
            "SELECT t.id FROM transactions t WHERE t.kind = 'InvAdjst' AND t.quantity_sum <>"
            " (SELECT COALESCE(SUM(l.quantity), 0) FROM lines l WHERE l.transaction_id = t.id)"
        )
        claims = (
            (peak["n"] > 1, f"{peak['n']} writers were at work at the same time"),
            (nonces, f"nonces used twice: {', '.join(row['nonce'] for row in nonces)}"),
            (unlogged, f"written by no request: {', '.join(str(row['id']) for row in unlogged)}"),
            (unequal, f"posted lines do not add up: {', '.join(str(row['id']) for row in unequal)}"),
        )
        return {"broken": [sentence for wrong, sentence in claims if wrong], "peak_writers": peak["n"]}

    def audit_trail(self, limit: int = 500) -> list[Row]:
        return self._store.rows("SELECT * FROM audit_trail ORDER BY id DESC LIMIT ?", limit)[::-1]

    def tokens(self) -> list[Row]:
        return self._store.rows(
            "SELECT t.token, t.consumer_key, t.revoked, u.name AS user, u.failures, u.locked_until"
            " FROM tokens t JOIN users u ON u.name = t.user ORDER BY t.token"
        )
