"""When a delivery is tried again, and when a receiver is left in peace. Plain rules."""

from dataclasses import dataclass
from datetime import timedelta

# Standard Webhooks: how long after the failure before it each attempt is made.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
SLOW_DOWN = frozenset({429, 502, 503, 504})
GONE = 410
LONGEST_WISH = timedelta(hours=24)
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)


@dataclass(frozen=True)
class Outcome:
    """What came of one call. `status` is HTTP's, None when no answer came; `answer` its beginning, or what failed."""

    status: int | None
    answer: str
    retry_after: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == GONE

    @property
    def asks_to_slow_down(self) -> bool:
        return self.status in SLOW_DOWN or (not self.is_taken and self.retry_after is not None)

    @property
    def ends_the_batch(self) -> bool:
        """The trouble is the receiver's as a whole, not this event's."""
        return self.status is None or self.is_gone or self.asks_to_slow_down


def wait_after(attempts: int, outcome: Outcome) -> timedelta | None:
    """Until the next attempt after so many failed ones; None when that was the last."""
    if attempts >= len(SCHEDULE):
        return None
    return max(SCHEDULE[attempts], _wish(outcome))


def rest_after(failures: int, outcome: Outcome) -> timedelta:
    """How long the receiver gets nothing at all, after so many failed calls in a row."""
    doubled = FIRST_REST * (1 << min(failures - 1, 10))
    return max(min(doubled, LONGEST_REST), _wish(outcome))


def _wish(outcome: Outcome) -> timedelta:
    return min(outcome.retry_after or timedelta(0), LONGEST_WISH)
