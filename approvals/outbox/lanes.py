"""A batch is sent in lanes: different subjects side by side, one subject's events one after the other."""

import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from zlib import crc32

from django.conf import settings

from approvals import tracing
from approvals.outbox.calling import Caller
from approvals.outbox.retrying import Outcome

GRACE = 5  # seconds beyond the time-out after which a call that still runs is cut


@dataclass(frozen=True)
class Message:
    """`key` is the delivery's."""

    key: int
    subject: str
    message_id: str
    body: bytes = field(repr=False)
    traceparent: str | None = None  # of what the event was written in


class Lanes:
    """Threads that only call: they touch no database."""

    def __init__(self, caller: Caller, deadline: float) -> None:
        """No call is begun after `deadline`, of the monotonic clock."""
        self.caller, self.deadline = caller, deadline
        self.pool = ThreadPoolExecutor(max_workers=caller.lanes, thread_name_prefix="events-lane")

    def __enter__(self) -> "Lanes":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def send(self, messages: Iterable[Message]) -> dict[int, Outcome]:
        """Outcomes by key. What is missing was not sent: time ran out, its subject stopped, or the receiver did."""
        lanes: dict[int, list[Message]] = {}
        for message in messages:
            lanes.setdefault(crc32(message.subject.encode()) % self.caller.lanes, []).append(message)
        stopped = threading.Event()
        calls = [self.pool.submit(self._run, lane, stopped) for lane in lanes.values()]
        if wait(calls, timeout=max(0, self.deadline - time.monotonic()) + settings.EVENTS_TIMEOUT + GRACE).not_done:
            self.caller.cut()
        return {key: outcome for call in calls for key, outcome in call.result().items()}

    def _run(self, lane: list[Message], stopped: threading.Event) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        held: set[str] = set()
        for message in lane:
            if stopped.is_set() or time.monotonic() > self.deadline:
                break
            if message.subject in held:
                continue
            outcome = outcomes[message.key] = self._call(message)
            if not outcome.is_taken:
                held.add(message.subject)
            if outcome.ends_the_batch:
                stopped.set()
        return outcomes

    def _call(self, message: Message) -> Outcome:
        with tracing.span(
            "event: deliver", parent=message.traceparent, kind="PRODUCER", event=message.message_id,
            subject=message.subject,
        ) as span:  # fmt: skip
            outcome = self.caller.call(message.message_id, message.body)
            if span is not None:
                span.set_attribute("http.response.status_code", outcome.status or 0)
                span.set_attribute("taken", outcome.is_taken)
            return outcome
