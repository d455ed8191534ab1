"""The append-only log of every request. A request's row is committed before its answer leaves, with
what it wrote."""

from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Exchange
from netsuite.simulator.storage import Row, Store


class Journal:
    def __init__(self, store: Store, clock: SimulatedClock) -> None:
        self._store = store
        self._clock = clock

    def append(
        self,
        exchange: Exchange,
        *,
        route: str | None,
        auth: str,
        outcome: str,
        fault: str | None = None,
        status: int | None = None,
        committed: str | None = None,
        writers: int = 0,
    ) -> None:
        """``status`` is empty when no answer was sent; ``committed`` is the internal id of a record
        this request wrote."""
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO requests (at, method, path, route, op, auth, nonce, external_id, body_hash,"
                " outcome, fault,"
                " status, committed, writers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._clock.iso(),
                    exchange.method,
                    exchange.target,
                    route,
                    exchange.op,
                    auth,
                    exchange.nonce,
                    exchange.external_id,
                    exchange.body_hash,
                    outcome,
                    fault,
                    status,
                    committed,
                    writers,
                ),
            )

    def listing(self, *, limit: int = 500, external_id: str | None = None, after: int = 0) -> list[Row]:
        """Oldest first; of many rows the newest ``limit``."""
        rows = self._store.rows(
            "SELECT * FROM requests WHERE id > ? AND (? IS NULL OR external_id = ? COLLATE NOCASE) ORDER"
            " BY id DESC LIMIT ?",
            after,
            external_id,
            external_id,
            limit,
        )
        return rows[::-1]

    def peak_writers(self) -> int:
        found = self._store.row("SELECT COALESCE(MAX(writers), 0) AS peak FROM requests")
        return int(found["peak"]) if found else 0

    def outcomes(self) -> dict[str, Any]:
        rows = self._store.rows("SELECT outcome, COUNT(*) AS n FROM requests GROUP BY outcome ORDER BY outcome")
        return {row["outcome"]: row["n"] for row in rows}
