"""One id for everything that one request or task causes: its log lines, messages, events and their deliveries.

Plain Python, because the settings' logging needs it before anything else is there.
"""

import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Correlation-Id"
LONGEST = 64
_VALID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII)
_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current() -> str:
    """Empty outside of requests, tasks and `within`."""
    return _current.get()


@contextmanager
def within(correlation_id: str) -> Iterator[str]:
    token = _current.set(correlation_id)
    try:
        yield correlation_id
    finally:
        _current.reset(token)


def fresh() -> str:
    return uuid.uuid4().hex


def of_request(headers: Mapping[str, str]) -> str:
    """What the caller calls it; else the id of its trace; else a new one. Anything may be sent: it is written to logs,
    so only letters, digits and a few signs are taken."""
    said = headers.get(HEADER, "")
    if _VALID.fullmatch(said):
        return said
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return trace[1] if trace and int(trace[1], 16) else fresh()


class CorrelationFilter(logging.Filter):
    """Gives each record the id of what it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.correlation_id = current()
        return True
