"""The guardrail rows, as the pure rules want them. A missing row is seeded with the client's thresholds."""

from decimal import Decimal

from approvals.operations import SEPARATION_OF_DUTIES
from inventory.stock import second_person
from inventory.stock.second_person import SECOND_APPROVAL
from inventory.variance import guardrails
from inventory.variance.guardrail_rows import limits_of, seed
from inventory.variance.guardrails import Limits

LINE = "inventory_variance"
ZONE = "inventory_zone_variance"
CAPACITY = "count_capacity"

SEEDS: dict[str, dict[str, object]] = {
    LINE: {
        "percent_limit": guardrails.AUTO_ADJUST_MAX_PERCENT,
        "value_limit": guardrails.AUTO_ADJUST_MAX_VALUE,
        "explanation": "A line is adjusted without a human when |variance %| and |variance value| are both at or "
        "under these limits.",
    },
    ZONE: {
        "percent_limit": guardrails.ZONE_MAX_PERCENT,
        "value_limit": guardrails.ZONE_MAX_VALUE,
        "explanation": "When a sheet's gross variance (sum of |value|) is above the value limit, or above this "
        "percentage of the zone's inventory value, every line with a variance goes to a human.",
    },
    SECOND_APPROVAL: second_person.SEED,
    SEPARATION_OF_DUTIES: {
        "percent_limit": None,
        "value_limit": None,
        "explanation": "Nobody decides a count they took part in. Only a superuser may switch this off.",
    },
    CAPACITY: {
        "percent_limit": None,
        "value_limit": Decimal(2),
        "explanation": "How many zones can be counted each Monday. The value limit is a number of zones, not dollars.",
    },
}


def limits(name: str) -> Limits:
    return limits_of(name, SEEDS)


def seed_guardrails() -> None:
    seed(SEEDS)
