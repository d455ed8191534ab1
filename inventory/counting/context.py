"""What the contract loads and checks before any fan-out: four queries, four preconditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from approvals.clock import now
from inventory.counting import limits
from inventory.models import Balance, Movement, Zone
from inventory.variance.guardrails import Limits
from inventory.variance.on_the_way import unconfirmed

RECENT = timedelta(hours=24)
RECENT_MOVEMENTS = timedelta(days=7)


@dataclass(frozen=True)
class SubmittedCount:
    """The contract's inputs. `counts` rows are [item code, counted or None, where it stood]."""

    zone_id: int
    counted_at: datetime
    counts: list[list[str | None]]
    sheet_id: int


def read_inputs(stored: Mapping[str, Any]) -> SubmittedCount:
    return SubmittedCount(
        stored["zone_id"], datetime.fromisoformat(stored["counted_at"]), stored["counts"], stored["sheet_id"]
    )


def load_zone(given: SubmittedCount) -> Zone | None:
    return Zone.objects.select_related("location").filter(pk=given.zone_id).first()


def load_current_balances(given: SubmittedCount) -> QuerySet[Balance]:
    return Balance.objects.filter(location__zones=given.zone_id)


def load_recent_movements(given: SubmittedCount) -> QuerySet[Movement]:
    return Movement.objects.filter(location__zones=given.zone_id, occurred_at__gte=now() - RECENT_MOVEMENTS)


def load_tolerance(given: SubmittedCount) -> Limits:
    return limits.limits(limits.LINE)


def zone_exists(given: SubmittedCount, context: Mapping[str, Any]) -> str:
    return "" if context["zone"] else f"Zone {given.zone_id} does not exist. Choose one of the zones in the list."


def counts_non_empty(given: SubmittedCount, context: Mapping[str, Any]) -> str:
    if any(row[1] is not None for row in given.counts):
        return ""
    return "Nothing was counted: every line is empty. Write a quantity, or 0 where there is nothing."


def counted_at_recent(given: SubmittedCount, context: Mapping[str, Any]) -> str:
    if given.counted_at >= now() - RECENT:
        return ""
    age = (now() - given.counted_at) // timedelta(hours=1)
    return f"The count is {age} hours old. Goods that moved since are taken into account only if they were recorded."


def no_pending_movements(given: SubmittedCount, context: Mapping[str, Any]) -> str:
    return unconfirmed(Q(sheet__zone_id=given.zone_id), "of this zone")
