"""When one approval is not enough: the guardrail `inventory_second_approval`, for counts and for corrections alike."""

from decimal import Decimal

from approvals.models import Guardrail

SECOND_APPROVAL = "inventory_second_approval"
SEED: dict[str, object] = {
    "percent_limit": None,
    "value_limit": Decimal(5000),  # US dollars, sum of |value|
    "explanation": "Above this gross value a second person must sign a count, or corrections to NetSuite's numbers, "
    "off before anything posts.",
}


def is_needed(gross_value: Decimal) -> bool:
    """Must somebody other than the approver sign? Above the limit, not at it. A missing guardrail is made."""
    row, _ = Guardrail.objects.get_or_create(name=SECOND_APPROVAL, defaults=SEED)
    return row.is_enabled and row.value_limit is not None and gross_value > row.value_limit
