"""What a sync loads and checks before anything happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from approvals.clock import now
from inventory.excel import limits
from inventory.excel.scopes import Scope
from inventory.models import Balance, Location
from inventory.uploads.stored import StoredReading
from inventory.variance.guardrails import Limits
from inventory.variance.on_the_way import unconfirmed

RECENT = timedelta(hours=24)
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class SubmittedWorkbook:
    """`sync_id` is 0 before there is a sync."""

    sync_id: int
    location_id: int
    as_of: datetime
    auto_fix: bool
    scope: Scope
    reading: StoredReading


def read_inputs(stored: Mapping[str, Any]) -> SubmittedWorkbook:
    return SubmittedWorkbook(
        stored["sync_id"],
        stored["location_id"],
        datetime.fromisoformat(stored["as_of"]),
        stored["auto_fix"],
        Scope(stored["scope"]),
        StoredReading.from_json(stored["reading"]),
    )


def write_inputs(given: SubmittedWorkbook) -> dict[str, Any]:
    return {
        "sync_id": given.sync_id,
        "location_id": given.location_id,
        "as_of": given.as_of.isoformat(),
        "auto_fix": given.auto_fix,
        "scope": given.scope.value,
        "reading": given.reading.to_json(),
    }


def load_location(given: SubmittedWorkbook) -> Location | None:
    return Location.objects.filter(pk=given.location_id).first()


def load_balances(given: SubmittedWorkbook) -> QuerySet[Balance]:
    return Balance.objects.filter(location=given.location_id)


def load_tolerance(given: SubmittedWorkbook) -> Limits:
    return limits.limits(limits.LINE)


def location_exists(given: SubmittedWorkbook, context: Mapping[str, Any]) -> str:
    return "" if context["location"] else f"Location {given.location_id} does not exist. Choose one of the list."


def rows_non_empty(given: SubmittedWorkbook, context: Mapping[str, Any]) -> str:
    if any(line.counted is not None for line in given.reading.lines):
        return ""
    return "The workbook states no quantity in any row that can be used. Nothing would be compared."


def as_of_has_come(given: SubmittedWorkbook, context: Mapping[str, Any]) -> str:
    if given.as_of <= now() + CLOCK_TOLERANCE:
        return ""
    return f"The workbook is dated {given.as_of:%Y-%m-%d %H:%M %Z}, which has not come yet. Correct the as-of time."


def something_is_known(given: SubmittedWorkbook, context: Mapping[str, Any]) -> str:
    """A workbook in which everything that is kept here is missing is the wrong workbook, not an empty warehouse."""
    balances, location = context["current_balances"], context["location"]
    codes = [line.item_code for line in given.reading.lines]
    if not balances.exists() or balances.filter(item__item_code__any_of=codes).exists():
        return ""
    return (
        f"None of the {balances.count():,} items kept at {location.code} is in this workbook. It looks like the wrong "
        "file, or the wrong location; nothing was changed."
    )


def as_of_recent(given: SubmittedWorkbook, context: Mapping[str, Any]) -> str:
    if given.as_of >= now() - RECENT:
        return ""
    age = (now() - given.as_of) // timedelta(hours=1)
    return f"The workbook is {age} hours old. Goods that moved since are taken into account only if they were recorded."


def no_pending_pushes(given: SubmittedWorkbook, context: Mapping[str, Any]) -> str:
    return unconfirmed(Q(location=given.location_id), "at this location")
