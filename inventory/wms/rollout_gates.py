"""When a wave may be switched to the WMS: three gates over its days. Plain arithmetic.

The client's words: "Freshness lag median < 2 minutes. Oversell rate decreases by 30%. Reconciliation discrepancies
< 0.5% of SKUs." Each must hold on several business days in a row, the newest of them included.

The oversell rate of some days is the number of oversell incidents opened for the wave's items, divided by the number of
order lines placed for them in the same time. The baseline is that of the 28 days before the wave began. In shadow a
WMS changes nothing that is sold, so the gate is judged on days on which the wave was live; days without orders and
incidents say nothing and are passed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

FRESH_BELOW = 120.0  # seconds
OVERSELLS_LEFT = 70  # of 100 before, at most


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_YET = "not_yet"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Day:
    """`freshness_median` in seconds, None without updates. `is_live`: the wave was live that day. Of `items` only those
    are compared that the WMS has spoken of lately."""

    business_date: date
    is_live: bool
    items: int
    compared: int
    differing: int
    freshness_median: float | None
    oversells: int
    order_lines: int


@dataclass(frozen=True)
class Baseline:
    oversells: int
    order_lines: int


@dataclass(frozen=True)
class Gate:
    """`said` is a sentence. `lets_through`: this gate is no reason to refuse the switch."""

    name: str
    state: State
    said: str

    @property
    def lets_through(self) -> bool:
        return self.state in {State.PASSED, State.NOT_JUDGED}


def judge(days: Sequence[Day], *, needed: int, percent: Decimal | None, baseline: Baseline) -> list[Gate]:
    """`days` newest first. `needed` of them in a row; `percent` None: discrepancies have no limit."""
    return [_freshness(days, needed), _discrepancies(days, needed, percent), _oversells(days, needed, baseline)]


def is_fresh(day: Day) -> bool:
    return day.freshness_median is not None and day.freshness_median < FRESH_BELOW


def agrees(day: Day, percent: Decimal) -> bool:
    return day.compared > 0 and day.differing * 100 < percent * day.compared


def sells_better(day: Day, baseline: Baseline) -> bool:
    """Where nothing was oversold before, nothing may be now."""
    if not day.oversells:
        return True
    return day.oversells * baseline.order_lines * 100 <= baseline.oversells * OVERSELLS_LEFT * day.order_lines


def _freshness(days: Sequence[Day], needed: int) -> Gate:
    return _gate("Freshness", "median below 2 minutes", days, needed, is_fresh)


def _discrepancies(days: Sequence[Day], needed: int, percent: Decimal | None) -> Gate:
    if percent is None:
        return Gate("Discrepancies", State.NOT_JUDGED, "Not judged: the guardrail wms_discrepancy is switched off.")
    wanted = f"fewer than {percent.normalize():f} % of the compared items differ"
    gate = _gate("Discrepancies", wanted, days, needed, lambda day: agrees(day, percent))
    if not days or days[0].compared == days[0].items:
        return gate
    return replace(gate, said=f"{gate.said} Only {days[0].compared:,} of {days[0].items:,} could be compared.")


def _oversells(days: Sequence[Day], needed: int, baseline: Baseline) -> Gate:
    name = "Oversells"
    if not baseline.order_lines:
        return Gate(name, State.NOT_JUDGED, "Not judged: nothing was ordered before the wave, so there is no baseline.")
    live = [day for day in days if day.is_live and (day.order_lines or day.oversells)]
    if not live:
        said = "Not judged: in shadow the WMS changes nothing that is sold. Judged on live days with orders."
        return Gate(name, State.NOT_JUDGED, said)
    rate = Decimal(baseline.oversells * 1000) / baseline.order_lines
    wanted = f"incidents per order line at least 30 % below the {rate:.1f} in 1,000 before the wave"
    return _gate(name, wanted, live, needed, lambda day: sells_better(day, baseline))


def _gate(name: str, wanted: str, days: Sequence[Day], needed: int, holds: Callable[[Day], bool]) -> Gate:
    row = 0
    for day in days:
        if not holds(day):
            break
        row += 1
    wanted = f"{wanted[0].upper()}{wanted[1:]}, {needed} business days in a row"
    if row >= needed:
        return Gate(name, State.PASSED, f"{wanted}: held on the last {row}.")
    if days and not row:
        return Gate(name, State.FAILED, f"{wanted}: not so on {days[0].business_date:%Y-%m-%d}.")
    return Gate(name, State.NOT_YET, f"{wanted}: {row} of {needed} so far.")
