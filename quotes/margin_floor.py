"""The margin floor is a guardrail row, so that people may turn it and its history is kept."""

from dataclasses import dataclass
from decimal import Decimal

from approvals.models import Guardrail
from quotes.pricing import MARGIN_FLOOR_PERCENT

NAME = "quote_margin_floor"
EVERY_LINE = Decimal(100)  # no margin reaches it
EXPLANATION = (
    "A quote line whose margin, as a percentage of the price received, is under this limit needs a reason from the "
    "approver. Exactly on the limit passes; an unknown cost never does."
)


@dataclass(frozen=True)
class MarginFloor:
    """`name` carries the version the judgement was made under."""

    name: str
    percent: Decimal


def seed_margin_floor() -> Guardrail:
    seed = {"percent_limit": MARGIN_FLOOR_PERCENT, "explanation": EXPLANATION}
    return Guardrail.objects.get_or_create(name=NAME, defaults=seed)[0]


def margin_floor() -> MarginFloor:
    """A floor that is switched off or empty lets nothing pass, as with every guardrail: a human looks at each line."""
    row = seed_margin_floor()
    limit = row.percent_limit if row.is_enabled else None
    return MarginFloor(str(row), EVERY_LINE if limit is None else limit)
