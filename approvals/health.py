"""How the house stands, line by line, for operators and for monitoring. Each room registers its own lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from approvals.clock import now
from approvals.models import TickMark
from approvals.templatetags.figures import age as age_of

WORKER_SILENT_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class Line:
    """`said` is a sentence for people; `problem` says what is wrong and what to check, empty when all is well."""

    title: str
    said: str
    problem: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


_PROBES: dict[str, Callable[[], Line]] = {}


def register(name: str, probe: Callable[[], Line]) -> None:
    """`name` is the key monitoring reads; registering it again replaces it."""
    _PROBES[name] = probe


def lines() -> dict[str, Line]:
    return {name: probe() for name, probe in _PROBES.items()}


def seconds_since(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, int((now() - moment).total_seconds()))


def ticked_at() -> datetime | None:
    mark = TickMark.objects.first()
    return mark.finished_at if mark else None


def is_silent(last: datetime | None) -> bool:
    return last is None or now() - last > WORKER_SILENT_AFTER


def worker() -> Line:
    last = ticked_at()
    age = seconds_since(last)
    said = "The worker has not run yet." if age is None else f"The worker last ticked {age_of(last)} ago."
    problem = f"{said} Check that worker and beat are up and that the broker answers." if is_silent(last) else ""
    return Line("Worker", said, problem, {"last_tick_age_seconds": age})


register("worker", worker)
