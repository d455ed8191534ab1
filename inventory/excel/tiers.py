"""Tiers: how large a difference between the workbook and the ledger is, and who looks at it.

The client's words: "Auto-sync: discrepancy < 10 units. Review: 10-100 units. Alert: > 100 units." 10 and 100 themselves
are reviewed. A percentage and a value limit also apply, because 9 of 10 units is not small; the strictest wins. An
unknown percentage or value (nothing expected, no cost) is a question for a person.

Pure. Quantities in the item's unit, values in US dollars.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from inventory.variance.guardrails import Limits, judge_line

REVIEW_FROM = Decimal(10)  # units
ALERT_ABOVE = Decimal(100)  # units
MAX_PERCENT = Decimal(40)  # of expected
MAX_VALUE = Decimal(500)  # US dollars


class Tier(StrEnum):
    MATCH = "match"
    ADJUST = "auto_adjust"
    REVIEW = "review"
    ALERT = "alert"


@dataclass(frozen=True)
class TierVerdict:
    """`by_units_alone`: within the percentage and the value, so that auto-fix may post it and flag it."""

    tier: Tier
    why: str
    by_units_alone: bool = False


MATCHES = TierVerdict(Tier.MATCH, "Matches")


def judge_difference(
    stated: Decimal, expected: Decimal, unit_cost: Decimal | None, *, adjust: Limits, alert: Limits
) -> TierVerdict:
    """`adjust.quantity` is where review begins, `alert.quantity` what a difference must exceed to be blocked."""
    units = abs(stated - expected)
    if units == 0 and expected >= 0:
        return MATCHES
    within = judge_line(stated, expected, unit_cost, adjust)
    if alert.is_enabled and alert.quantity is not None and units > alert.quantity:
        return TierVerdict(Tier.ALERT, f"{alert.label}: {_plain(units)} units is more than {_plain(alert.quantity)}")
    if not within.passes:
        return TierVerdict(Tier.REVIEW, within.why)
    if adjust.quantity is not None and units >= adjust.quantity:
        why = f"{adjust.label}: {_plain(units)} units is {_plain(adjust.quantity)} or more"
        return TierVerdict(Tier.REVIEW, why, by_units_alone=True)
    return TierVerdict(Tier.ADJUST, within.why)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
