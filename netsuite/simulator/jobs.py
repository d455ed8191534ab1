"""Asynchronous requests: accepted with ``Prefer: respond-async``, carried out a moment later, asked for as jobs.

``X-NetSuite-Idempotency-Key`` counts here only: a key seen before answers 400 ``IDEMPOTENCY_ERROR`` with the place of
the earlier job, and nothing is written (help subsect_164494900632, subsect_161278579295).
"""

import json
import re

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Answer, Exchange, Refusal, json_answer
from netsuite.simulator.storage import Database, Row

PATH = re.compile(r"/services/rest/async/v1/job/(?P<job>\d+)(?P<part>/task(?:/1(?:/result)?)?)?")
_ROOT = "/services/rest/async/v1/job/"
_KEPT_HEADERS = ("Host", "Content-Type", "X-NetSuite-PropertyNameValidation")


class JobDesk:
    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def accept(self, exchange: Exchange, db: Database) -> Answer:
        """Keep the request for the worker that also carries out late writes; one task per job."""
        key = exchange.headers.get("X-NetSuite-Idempotency-Key") or None
        earlier = db.execute("SELECT id FROM jobs WHERE idempotency_key = ?", (key,)).fetchone()
        if earlier:
            text = "A request with the same idempotency key has been accepted before."
            where = (("Location", f"{exchange.base_url}{_ROOT}{earlier['id']}"),)
            raise Refusal(400, "IDEMPOTENCY_ERROR", text, headers=where)
        made = db.execute(
            "INSERT INTO jobs (idempotency_key, method, path, started) VALUES (?, ?, ?, ?) RETURNING id",
            (key, exchange.method, exchange.target, self._clock.iso()),
        )
        job = int(made.fetchone()[0])
        headers = {name: exchange.headers[name] for name in _KEPT_HEADERS if name in exchange.headers}
        db.execute(
            "INSERT INTO late_writes (method, path, body, delay, due, headers, job) VALUES (?, ?, ?, 0, ?, ?, ?)",
            (
                exchange.method,
                exchange.target,
                exchange.body,
                self._clock.timestamp(),
                json.dumps(headers),
                job,
            ),
        )
        place = f"{exchange.base_url}{_ROOT}{job}"
        applied = (("Location", place), ("Preference-Applied", "respond-async"))
        return Answer(202, b"", headers=applied, outcome="job accepted")

    def finish(self, db: Database, job: int, answer: Answer) -> None:
        state = "succeeded" if answer.status < 400 else "failed"
        db.execute(
            "UPDATE jobs SET state = ?, ended = ?, status = ?, headers = ?, body = ? WHERE id = ?",
            (state, self._clock.iso(), answer.status, json.dumps(answer.headers), answer.body.decode(), job),
        )

    def read(self, exchange: Exchange, db: Database) -> Answer:
        found = PATH.fullmatch(exchange.path)
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (found["job"] if found else None,)).fetchone()
        if found is None or row is None:
            raise Refusal(404, "NONEXISTENT_ID", "The job does not exist.")
        here = f"{exchange.base_url}{_ROOT}{row['id']}"
        part = found["part"] or ""
        if part.endswith("/result"):
            return _result(dict(row))
        if part == "/task":
            items = [{"links": [{"rel": "self", "href": f"{here}/task/1"}], "id": "1"}]
            return json_answer({"links": [], "count": 1, "hasMore": False, "items": items, "offset": 0})
        described = {
            "id": "1" if part else str(row["id"]),
            "completed": row["state"] != "pending",
            "progress": row["state"],
            "startTime": row["started"],
            "endTime": row["ended"],
        }
        next_place = {"rel": "result", "href": f"{here}/task/1/result"} if part else {"rel": "task", "href": here}
        return json_answer({"links": [next_place], **described}, outcome=f"job:{row['state']}")


def _result(row: Row) -> Answer:
    """What the request would have been answered with, had it been synchronous."""
    if row["state"] == "pending":
        raise Refusal(400, "INVALID_REQUEST", "The task has not been completed yet.")
    headers = tuple((name, value) for name, value in json.loads(row["headers"]))
    return Answer(row["status"], row["body"].encode(), headers=headers, outcome="job:result")
