"""The guardrail of the feed. The WMS is the authority, so nobody is asked; a jump beyond it is told of."""

from decimal import Decimal

from approvals.models import Guardrail
from inventory.variance.guardrails import Limits

NAME = "wms_feed"
SEED: dict[str, object] = {
    "percent_limit": Decimal(40),
    "value_limit": Decimal(500),
    "is_enabled": False,
    "explanation": "An update of the WMS that changes on hand by more than this percentage of what was expected, or "
    "this value, is applied all the same, and raises an alert. Switched off: no update does.",
}


def limits() -> Limits:
    row, _ = Guardrail.objects.get_or_create(name=NAME, defaults=SEED)
    return Limits(str(row), row.percent_limit, row.value_limit, row.is_enabled, row.quantity_limit)
