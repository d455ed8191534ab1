"""The Monday run: ask the rotation which zones are due, and put out a sheet for each."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q

from approvals import audit
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.refusals import Refused
from inventory.counting import limits
from inventory.counting.accuracy import accuracy_by_zone
from inventory.counting.rotation import PROMISE, Plan, ZoneFacts, plan_week
from inventory.models import Balance, CountSheet, Zone

CAPACITY_ALERT = "rotation-capacity"
PLAN_PAGE = "/admin/inventory/zone/rotation/"


def zone() -> ZoneInfo:
    return ZoneInfo(settings.COUNT_TIME_ZONE)


def zone_facts(at: datetime) -> list[ZoneFacts]:
    """What the rotation needs to know of every active zone, in a constant number of queries."""
    stock: dict[int, Any] = {
        row["zone"]: row
        for row in Balance.objects.filter(zone__isnull=False, item__is_active=True)
        .order_by()
        .values("zone")
        .annotate(
            items=Count("pk"),
            oldest=Min("last_counted_at"),
            never=Count("pk", filter=Q(last_counted_at=None)),
            new=Min("created_at", filter=Q(last_counted_at=None)),
        )
    }
    open_zones = set(CountSheet.objects.filter(status=CountSheet.Status.PLANNED).values_list("zone_id", flat=True))
    accuracy = accuracy_by_zone(since=at - timedelta(days=30))
    facts = []
    for row in Zone.objects.filter(is_active=True).select_related("location"):
        seen = stock.get(row.pk, defaultdict(lambda: None))
        facts.append(
            ZoneFacts(
                zone_id=row.pk,
                name=str(row),
                items=seen["items"] or 0,
                oldest_count=_day(seen["oldest"]),
                never_counted=seen["never"] or 0,
                new_since=_day(seen["new"]),
                accuracy=accuracy.get(row.pk, Decimal(1)),
                is_open=row.pk in open_zones,
            )
        )
    return facts


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(zone()).date()


def current_plan(on: date | None = None) -> Plan:
    day = on or now().astimezone(zone()).date()
    return plan_week(zone_facts(now()), on=day, capacity=capacity())


def capacity() -> int:
    return int(limits.limits(limits.CAPACITY).value or 1)


def plan_counts(slot_at: datetime) -> str:
    """`0 6 * * MON`: put out a count sheet for each zone the rotation chooses; returns what was done."""
    on = slot_at.astimezone(zone()).date()
    with transaction.atomic():
        plan = plan_week(zone_facts(now()), on=on, capacity=capacity())
        for choice in plan.chosen:
            CountSheet.objects.create(zone_id=choice.zone_id, planned_for=on, planned_because=choice.because)
        audit.append(
            actor=None, verb="rotation.planned", entity_ref=f"slot:{slot_at:%Y-%m-%d}",
            details={"chosen": [c.name for c in plan.chosen], "left_over": [c.name for c in plan.left_over]},
        )  # fmt: skip
    _say_whether_the_promise_holds(plan)
    names = ", ".join(choice.name for choice in plan.chosen) or "no zone is due"
    left = f"; no capacity for {', '.join(c.name for c in plan.left_over)}" if plan.left_over else ""
    return f"To be counted: {names}{left}."


def _say_whether_the_promise_holds(plan: Plan) -> None:
    if plan.capacity_is_enough:
        resolve_alert(key=CAPACITY_ALERT)
        return
    raise_alert(
        key=CAPACITY_ALERT,
        severity="warning",
        message=" ".join(_why_it_does_not(plan)),
        link=PLAN_PAGE,
    )


def _why_it_does_not(plan: Plan) -> Iterator[str]:
    if plan.zones_needed_a_week > plan.capacity:
        yield (
            f"{plan.zones_needed_a_week} zones a week must be counted so that every item is counted within "
            f"{PROMISE.days} days even if a Monday is missed; the capacity is {plan.capacity}. "
            "Raise the guardrail count_capacity, or merge zones."
        )
    if plan.left_over:
        yield f"Left over this week: {', '.join(c.name for c in plan.left_over)}. Plan a sheet for them by hand."
    if plan.lying:
        yield f"Overdue with a sheet out: {', '.join(c.name for c in plan.lying)}. Walk or cancel those sheets."


def plan_sheet(*, zone: Zone, by: Any) -> CountSheet:
    """A sheet outside the rotation, because somebody wants this zone counted now."""
    open_sheet = CountSheet.objects.filter(zone=zone, status=CountSheet.Status.PLANNED).first()
    if open_sheet:
        return open_sheet
    with transaction.atomic():
        sheet = CountSheet.objects.create(zone=zone, planned_because=f"Asked for by {by}")
        audit.append(actor=by, verb="sheet.planned", entity_ref=f"sheet:{sheet.code}", details={"zone": str(zone)})
    return sheet


def cancel_sheet(*, sheet: CountSheet, by: Any) -> None:
    with transaction.atomic():
        cancelled = CountSheet.objects.filter(pk=sheet.pk, status=CountSheet.Status.PLANNED).update(
            status=CountSheet.Status.CANCELLED
        )
        if not cancelled:
            raise Refused(f"Sheet {sheet.code} was counted or cancelled already.")
        audit.append(actor=by, verb="sheet.cancelled", entity_ref=f"sheet:{sheet.code}", details={})
