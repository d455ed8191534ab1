"""A batch is sent in lanes: different subjects side by side, one subject's events one after the other."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from math import ceil

from django.conf import settings

from approvals import tracing
from approvals.outbox.calling import Caller
from approvals.outbox.packing import Message, pack, take_next
from approvals.outbox.retrying import Outcome

GRACE = 5  # seconds beyond the time-out after which a call that still runs is cut


class Lanes:
    """Threads that only call: they touch no database."""

    def __init__(self, caller: Caller, deadline: float, events_per_call: int = 1) -> None:
        """No call is begun after `deadline`, of the monotonic clock."""
        self.caller, self.deadline, self.events_per_call = caller, deadline, events_per_call
        self.pool = ThreadPoolExecutor(max_workers=caller.lanes, thread_name_prefix="events-lane")

    def __enter__(self) -> "Lanes":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def send(self, messages: Sequence[Message]) -> dict[int, Outcome]:
        """Outcomes by key. What is missing was not sent: time ran out, its subject stopped, or the receiver did."""
        stopped = threading.Event()
        calls = [self.pool.submit(self._run, lane, stopped) for lane in self._lanes(messages)]
        if wait(calls, timeout=max(0, self.deadline - time.monotonic()) + settings.EVENTS_TIMEOUT + GRACE).not_done:
            self.caller.cut()
        return {key: outcome for call in calls for key, outcome in call.result().items()}

    def _lanes(self, messages: Sequence[Message]) -> Iterable[deque[Message]]:
        """What may join stays in no more lanes than it fills calls: one is full before there is another."""
        full = ceil(sum(message.may_join for message in messages) / self.events_per_call)
        lanes: list[deque[Message]] = [deque() for _ in range(self.caller.lanes)]
        of_subject: dict[str, deque[Message]] = {}
        for message in messages:
            lane = of_subject.get(message.subject)
            if lane is None:
                lane = of_subject[message.subject] = min(lanes[:full] if message.may_join else lanes, key=len)
            lane.append(message)
        return filter(None, lanes)

    def _run(self, lane: deque[Message], stopped: threading.Event) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        held: set[str] = set()
        while not stopped.is_set() and time.monotonic() <= self.deadline:
            messages = take_next(lane, held, self.events_per_call)
            if not messages:
                break
            outcome = self._call(messages)
            outcomes |= dict.fromkeys((message.key for message in messages), outcome)
            if not outcome.is_taken:
                held |= {message.subject for message in messages}
            if outcome.ends_the_batch:
                stopped.set()
        return outcomes

    def _call(self, messages: Sequence[Message]) -> Outcome:
        """Its span goes on from what the first event was written in."""
        packed, first = pack(messages, as_array=self.events_per_call > 1), messages[0]
        with tracing.span(
            "event: deliver", parent=first.traceparent, kind="PRODUCER", event=packed.message_id,
            subject=first.subject, events=len(messages),
        ) as span:  # fmt: skip
            outcome = self.caller.call(packed.message_id, packed.body, packed.content_type)
            if span is not None:
                span.set_attribute("http.response.status_code", outcome.status or 0)
                span.set_attribute("taken", outcome.is_taken)
            return outcome
