"""Rotation: which zones to count this Monday.

The client's words: "Weekly cron per warehouse zone selects a count list. Cron rotates zones so every SKU is
counted within 30 days." The promise is kept by due date, not by calendar position: a zone must be counted when
waiting for the run after next would break it, so that one missed Monday does not. The earliest deadline comes
first, overdue before all, then those with the worst accuracy ("patterns inform next cron schedule"). Items never
counted are due now: their zones take what capacity is left, and have a deadline of their own, 30 days after the
item came.

At most `capacity` zones are counted a week, so at most that many come due together: the promise holds through
one missed Monday in every four as long as the capacity is at least `zones_needed_a_week`.

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
    """`oldest_count` is the earliest last-counted day among its items that were ever counted, None when none was;
    `new_since` the day on which the first of its `never_counted` items came."""

    zone_id: int
    name: str
    items: int
    oldest_count: date | None
    never_counted: int = 0
    new_since: date | None = None
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
    """`left_over` must be counted but there was no capacity for them; `lying` are overdue while their sheet is out
    uncounted. Either way the promise is in danger and a person must know."""

    chosen: tuple[Choice, ...]
    left_over: tuple[Choice, ...]
    lying: tuple[Choice, ...]
    zones_needed_a_week: int
    capacity: int

    @property
    def capacity_is_enough(self) -> bool:
        return self.zones_needed_a_week <= self.capacity and not self.left_over and not self.lying


def plan_week(zones: list[ZoneFacts], *, on: date, capacity: int) -> Plan:
    """The zones to count in the run on day `on`, at most `capacity` of them."""
    counted = [zone for zone in zones if zone.items]
    accuracy = {zone.zone_id: zone.accuracy for zone in zones}
    choices = {zone.zone_id: _choice(zone, on) for zone in counted}

    def in_order(wanted: list[ZoneFacts]) -> list[Choice]:
        found = [choices[zone.zone_id] for zone in wanted]
        return sorted(found, key=lambda c: (c.due_on, accuracy[c.zone_id], c.name))

    idle = [zone for zone in counted if not zone.is_open]
    must = in_order([zone for zone in idle if _must(zone, on)])
    may = in_order([zone for zone in idle if zone.never_counted and not _must(zone, on)])
    lying = in_order([zone for zone in counted if zone.is_open and choices[zone.zone_id].is_overdue])
    runs_in_promise = (PROMISE - SLACK_RUNS * INTERVAL) // INTERVAL
    needed = -(-len(counted) // runs_in_promise)
    return Plan((*must, *may)[:capacity], tuple(must[capacity:]), tuple(lying), needed, capacity)


def due_on(zone: ZoneFacts, on: date) -> date:
    """The last day on which the zone can be counted without breaking the promise."""
    since = [day for day in (zone.oldest_count, zone.new_since) if day is not None]
    return min(since) + PROMISE if since else on


def _must(zone: ZoneFacts, on: date) -> bool:
    return due_on(zone, on) < on + INTERVAL * (1 + SLACK_RUNS)


def _choice(zone: ZoneFacts, on: date) -> Choice:
    due = due_on(zone, on)
    if due < on:
        because = f"the promise was broken on {due:%d %b}"
    elif zone.never_counted:
        because = f"{zone.never_counted} of {zone.items} items were never counted"
    else:
        because = f"must be counted by {due:%d %b}"
    return Choice(zone.zone_id, zone.name, due, due < on, because)
