"""How many items may differ before people are told, and a wave is held back: the guardrail `wms_discrepancy`."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from inventory.variance.guardrail_rows import limits_of
from inventory.variance.guardrails import Limits

NAME = "wms_discrepancy"
SEEDS: dict[str, dict[str, object]] = {
    NAME: {
        "percent_limit": Decimal("0.5"),  # the client's acceptance gate
        "value_limit": None,
        "explanation": "The share of compared items, in percent, on which a WMS and we may differ. Above it the daily "
        "reconciliation raises an alert; a wave of items is switched to the WMS only below it.",
    }
}


def limits() -> Limits:
    return limits_of(NAME, SEEDS)


def is_above(ratio: float | None, limit: Limits) -> bool:
    """Nothing compared is not above. Switched off, or without a percentage, there is no limit."""
    if ratio is None or limit.percent is None or not limit.is_enabled:
        return False
    return Decimal(str(ratio)) * 100 > limit.percent


def stale_after() -> timedelta:
    return timedelta(hours=settings.WMS_STALE_AFTER_HOURS)
