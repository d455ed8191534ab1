"""Variance: how far the count is from what the ledger expected.

The client's words: "variance = physical - on_hand, variance_pct = variance / on_hand,
variance_value = variance x item.avg_cost". On hand here is what was on hand *at count time* ("expected"):
on hand now minus the movements that occurred after the line was counted.

Pure: numbers in, numbers out. Quantities in the item's unit, costs and values in US dollars.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PERCENT = Decimal("0.0001")
CENT = Decimal("0.01")
MOST_PERCENT = Decimal("9999999999.9999")  # what a row holds; a bar code typed as a quantity gets there


@dataclass(frozen=True)
class VarianceFigures:
    """`percent` is None when expected is not positive, `value` is None when there is no cost."""

    variance: Decimal
    percent: Decimal | None
    value: Decimal | None


def compute_variance(counted: Decimal, expected: Decimal, unit_cost: Decimal | None) -> VarianceFigures:
    """Figures for storing and showing, rounded half up; guardrails compare unrounded, see `guardrails`."""
    variance = counted - expected
    percent = None
    if expected > 0:
        percent = min((variance * 100 / expected).quantize(PERCENT, ROUND_HALF_UP), MOST_PERCENT)
    elif expected == 0 and variance == 0:
        percent = Decimal(0)
    value = None if unit_cost is None else (variance * unit_cost).quantize(CENT, ROUND_HALF_UP)
    return VarianceFigures(variance, percent, value)


def suggest_reason(
    *,
    counted: Decimal,
    expected: Decimal,
    case_pack: int | None,
    recent_deltas: Iterable[tuple[Decimal, str]],
) -> str:
    """The likeliest explanation, or "" when nothing fits. First match wins, most telling first.

    `recent_deltas`: signed quantities of recent movements with how a person would name them.
    """
    variance = counted - expected
    if variance == 0:
        return ""
    for delta, name in recent_deltas:
        if abs(delta) == abs(variance):
            return f"Timing: a recent {name} moved exactly {abs(delta).normalize():f}"
    if expected == 0:
        return "Found: nothing was on record"
    if _digits_swapped(counted, expected):
        return f"Keying: {counted.normalize():f} and {expected.normalize():f} are the same digits swapped"
    if case_pack and case_pack > 1 and variance % case_pack == 0:
        return f"Unit of measure: {abs(variance / case_pack).normalize():f} whole cases of {case_pack}"
    return ""


def _digits_swapped(counted: Decimal, expected: Decimal) -> bool:
    one, other = f"{counted.normalize():f}", f"{expected.normalize():f}"
    if len(one) != len(other):
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(differing) == 2 and differing[0] == differing[1][::-1]
