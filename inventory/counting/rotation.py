"""Rotation: which zones to count this Monday.

The client's words: "Weekly cron per warehouse zone selects a count list. Cron rotates zones so every SKU is counted
within 30 days." The promise is kept by due date, not by calendar position: a zone is due when waiting for the
run after next would break it, so that one missed Monday does not. Overdue zones come first, then the oldest, then those
with the worst accuracy ("patterns inform next cron schedule"). Items never counted are due now.

Pure: facts about zones in, an ordered choice out.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

PROMISE = timedelta(days=30)
INTERVAL = timedelta(days=7)
SLACK_RUNS = 1  # Mondays that may be missed without breaking the promise


@dataclass(frozen=True)
class ZoneFacts:
    """`oldest_count` is the earliest last-counted day of its items, None when one was never counted."""

    zone_id: int
    name: str
    items: int
    oldest_count: date | None
    never_counted: int = 0
    accuracy: Decimal = Decimal(1)  # share of lines within tolerance, 30 days, first counts
    is_open: bool = False  # a sheet is already out


@dataclass(frozen=True)
class Choice:
    zone_id: int
    name: str
    due_on: date
    is_overdue: bool
    because: str


@dataclass(frozen=True)
class Plan:
    """`left_over` are due zones there was no capacity for: the promise is in danger and a person must know."""

    chosen: tuple[Choice, ...]
    left_over: tuple[Choice, ...]
    zones_needed_a_week: int
    capacity: int

    @property
    def capacity_is_enough(self) -> bool:
        return self.zones_needed_a_week <= self.capacity and not self.left_over


def plan_week(zones: list[ZoneFacts], *, on: date, capacity: int) -> Plan:
    """The zones to count in the run on day `on`, at most `capacity` of them."""
    counted = [zone for zone in zones if zone.items]
    candidates = [_choice(zone, on) for zone in counted if not zone.is_open and _is_due(zone, on)]
    accuracy = {zone.zone_id: zone.accuracy for zone in zones}
    candidates.sort(key=lambda c: (not c.is_overdue, c.due_on, accuracy[c.zone_id], c.name))
    runs_in_promise = (PROMISE - SLACK_RUNS * INTERVAL) // INTERVAL
    needed = -(-len(counted) // runs_in_promise)
    return Plan(tuple(candidates[:capacity]), tuple(candidates[capacity:]), needed, capacity)


def due_on(zone: ZoneFacts, on: date) -> date:
    """The last day on which the zone can be counted without breaking the promise."""
    return on if zone.oldest_count is None else zone.oldest_count + PROMISE


def _is_due(zone: ZoneFacts, on: date) -> bool:
    return due_on(zone, on) < on + INTERVAL * (1 + SLACK_RUNS)


def _choice(zone: ZoneFacts, on: date) -> Choice:
    due = due_on(zone, on)
    if zone.never_counted:
        because = f"{zone.never_counted} of {zone.items} items were never counted"
    elif due < on:
        because = f"the promise was broken on {due:%d %b}"
    else:
        because = f"must be counted by {due:%d %b}"
    return Choice(zone.zone_id, zone.name, due, bool(zone.never_counted) or due < on, because)
