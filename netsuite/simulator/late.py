"""Late commits: NetSuite goes on working after the client has given up, and the record appears later.

An accepted late write is stored at once and falls due some simulated seconds after the client hung up. One
that was still waiting for its client when the simulator was killed falls due after the restart: what was
received is processed. Asynchronous requests wait in the same table, due at once.
"""

import json
import threading

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import RECORD_PATH, Answer, Dialect, Exchange, Refusal, error_answer
from netsuite.simulator.jobs import JobDesk
from netsuite.simulator.journal import Journal
from netsuite.simulator.record_api import RecordApi
from netsuite.simulator.restlet import Restlet
from netsuite.simulator.storage import Row, Store

_POLL_SECONDS = 0.05


class LateWrites:
    def __init__(
        self,
        store: Store,
        clock: SimulatedClock,
        restlet: Restlet,
        record_api: RecordApi,
        jobs: JobDesk,
        journal: Journal,
    ) -> None:
        self._store = store
        self._clock = clock
        self._restlet = restlet
        self._record_api = record_api
        self._jobs = jobs
        self._journal = journal
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE late_writes SET due = ? + delay WHERE due IS NULL", (self._clock.timestamp(),))
        self._thread = threading.Thread(target=self._work, name="late writes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def accept(self, exchange: Exchange, delay: float) -> int:
        with self._store.transaction() as db:
            made = db.execute(
                "INSERT INTO late_writes (method, path, body, delay) VALUES (?, ?, ?, ?) RETURNING id",
                (exchange.method, exchange.target, exchange.body, delay),
            )
            return int(made.fetchone()[0])

    def client_gone(self, late_write: int) -> None:
        with self._store.transaction() as db:
            due = self._clock.timestamp()
            db.execute("UPDATE late_writes SET due = ? + delay WHERE id = ? AND due IS NULL", (due, late_write))

    def waiting(self) -> int:
        found = self._store.row("SELECT COUNT(*) AS n FROM late_writes WHERE done = 0")
        return int(found["n"]) if found else 0

    def _work(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            for row in self._store.rows(
                "SELECT * FROM late_writes WHERE done = 0 AND due <= ? ORDER BY due, id",
                self._clock.timestamp(),
            ):
                self._commit(row)

    def _commit(self, row: Row) -> None:
        exchange = Exchange(row["method"], row["path"], json.loads(row["headers"]), body=row["body"])
        try:
            with self._store.transaction() as db:
                script = self._record_api if RECORD_PATH.fullmatch(exchange.path) else self._restlet
                answer = script.run(exchange, db)
                self._finish(row, exchange, answer)
        except Exception as error:
            refusal = error if isinstance(error, Refusal) else Refusal(500, "UNEXPECTED_ERROR", f"failed: {error}")
            self._finish(row, exchange, error_answer(refusal, Dialect.REST))

    def _finish(self, row: Row, exchange: Exchange, answer: Answer) -> None:
        job = row["job"]
        with self._store.transaction() as db:
            self._journal.append(
                exchange,
                route="record" if RECORD_PATH.fullmatch(exchange.path) else "restlet",
                auth="earlier",
                outcome=f"{'job' if job else 'late'}: {answer.outcome}",
                fault=None if job else "late_commit",
                committed=answer.committed,
            )
            db.execute("UPDATE late_writes SET done = 1 WHERE id = ?", (row["id"],))
            if job:
                self._jobs.finish(db, job, answer)
