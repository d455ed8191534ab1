"""Guardrails: may this variance be adjusted without a human?

The client's words: "If |variance_pct| <= 2 % AND |variance_value| <= $100, auto-adjust. Otherwise route to
HITL" (line guardrail `inventory_variance`, both limits inclusive), and "HITL gated for any zone with variance > $500
OR > 10 % of zone inventory" (zone guardrail `inventory_zone_variance`). Both apply; the strictest wins. Expected 0 or
below, or no cost: percentage or value is unknown, and a human decides.

Pure. Comparisons are exact, on unrounded numbers: |variance| x 100 <= limit x expected.
"""

from dataclasses import dataclass
from decimal import Decimal

from approvals.money import dollars

AUTO_ADJUST_MAX_PERCENT = Decimal(2)  # of expected
AUTO_ADJUST_MAX_VALUE = Decimal(100)  # US dollars
ZONE_MAX_PERCENT = Decimal(10)  # of the zone's inventory value
ZONE_MAX_VALUE = Decimal(500)  # US dollars, sum of |value|


@dataclass(frozen=True)
class Limits:
    """Thresholds with the name and version they were decided under. None means: that limit does not apply.

    A disabled guardrail never lets anything pass: without its limits a human decides.
    """

    label: str
    percent: Decimal | None
    value: Decimal | None
    is_enabled: bool = True
    quantity: Decimal | None = None  # units, for rules that look at quantities


@dataclass(frozen=True)
class Verdict:
    passes: bool
    why: str


def judge_line(counted: Decimal, expected: Decimal, unit_cost: Decimal | None, limits: Limits) -> Verdict:
    """Is this line within the line guardrail? A match always is."""
    variance = abs(counted - expected)
    if variance == 0 and expected >= 0:
        return Verdict(True, "Matches")
    if not limits.is_enabled:
        return Verdict(False, f"{limits.label} is switched off, so a human decides")
    unknown = _unknown(expected, unit_cost)
    if unknown:
        return Verdict(False, unknown)
    value = variance * (unit_cost or 0)
    beyond = []
    if limits.percent is not None and variance * 100 > limits.percent * expected:
        beyond.append(f"{_plain(variance * 100 / expected)} % is more than {_plain(limits.percent)} %")
    if limits.value is not None and value > limits.value:
        beyond.append(f"{dollars(value)} is more than {dollars(limits.value)}")
    if beyond:
        return Verdict(False, f"{limits.label}: " + " and ".join(beyond))
    return Verdict(True, f"Within {limits.label}")


def _unknown(expected: Decimal, unit_cost: Decimal | None) -> str:
    if expected < 0:
        return "The ledger expects less than nothing: the record itself is wrong"
    if expected == 0:
        return "Nothing was expected, so no percentage can be computed"
    if unit_cost is None or unit_cost <= 0:
        return "The item has no cost, so the value is unknown"
    return ""


def judge_zone(
    gross_value: Decimal, zone_value: Decimal, limits: Limits, *, whole: str = "zone", part: str = "sheet"
) -> Verdict:
    """Is the sheet's gross variance value (sum of |value|) within the zone guardrail? `whole` and `part` name what is
    judged, for the sentence."""
    if not limits.is_enabled:
        return Verdict(False, f"{limits.label} is switched off, so a human decides")
    beyond = []
    if limits.value is not None and gross_value > limits.value:
        beyond.append(f"{dollars(gross_value)} is more than {dollars(limits.value)}")
    if limits.percent is not None and gross_value * 100 > limits.percent * max(zone_value, Decimal(0)):
        beyond.append(f"it is more than {_plain(limits.percent)} % of the {whole}'s {dollars(zone_value)}")
    if beyond:
        return Verdict(
            False,
            f"{limits.label}: the {part}'s variance of {dollars(gross_value)} is too large: " + "; ".join(beyond),
        )
    return Verdict(True, f"Within {limits.label}")


def _plain(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".")
