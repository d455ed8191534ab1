"""The guardrail rows of a sync, as the pure rules want them. A missing row is seeded with the client's thresholds."""

from decimal import Decimal

from inventory.excel import tiers
from inventory.variance.guardrail_rows import limits_of, seed
from inventory.variance.guardrails import Limits

LINE = "excel_sync"
ALERT = "excel_sync_alert"
TOTAL = "excel_sync_total"

SEEDS: dict[str, dict[str, object]] = {
    LINE: {
        "percent_limit": tiers.MAX_PERCENT,
        "value_limit": tiers.MAX_VALUE,
        "quantity_limit": tiers.REVIEW_FROM,
        "explanation": "A row of a workbook is adjusted without a human when it differs by fewer units than the "
        "quantity limit, and |difference| is at or under the percentage of what was expected and the value.",
    },
    ALERT: {
        "percent_limit": None,
        "value_limit": None,
        "quantity_limit": tiers.ALERT_ABOVE,
        "explanation": "A row that differs by more units than the quantity limit raises an alert, and is blocked until "
        "somebody approves it, with auto-fix or without.",
    },
    TOTAL: {
        "percent_limit": Decimal(10),
        "value_limit": None,
        "explanation": "When all differences of a workbook together (sum of |value|) are more than this percentage of "
        "the location's inventory value, every one of them goes to a human: it may be the wrong file.",
    },
}


def limits(name: str) -> Limits:
    return limits_of(name, SEEDS)


def seed_guardrails() -> None:
    seed(SEEDS)
