"""Guardrail rows, as the pure rules want them. A missing row is seeded with the thresholds its source gives."""

from collections.abc import Mapping

from approvals.models import Guardrail
from inventory.variance.guardrails import Limits

Seeds = Mapping[str, Mapping[str, object]]
"""Guardrail name -> its thresholds and explanation."""


def limits_of(name: str, seeds: Seeds) -> Limits:
    row, _ = Guardrail.objects.get_or_create(name=name, defaults=dict(seeds[name]))
    return Limits(str(row), row.percent_limit, row.value_limit, row.is_enabled, row.quantity_limit)


def seed(seeds: Seeds) -> None:
    for name, thresholds in seeds.items():
        Guardrail.objects.get_or_create(name=name, defaults=dict(thresholds))
