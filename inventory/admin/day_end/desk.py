"""What the end of the day leaves to do, on the first page."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from approvals.admin.desks import Desk, Pile, Task, add_desk
from approvals.admin.links import list_of, page_of
from inventory.day_end.days import missing_days
from inventory.day_end.entering import PERMISSION as ENTER
from inventory.day_end.entering import standings
from inventory.day_end.reporting import PERMISSION as MAKE
from inventory.day_end.schedule import last_day_over
from inventory.models import DayEndReport, Location

SHOWN = 6
HINT = "What was sold and must be entered in Excel appears here at the end of each business day."


def end_of_day(user: Any) -> Desk | None:
    if not user.has_perm("inventory.view_dayendreport"):
        return None
    piles = [_to_enter()] if user.has_perm(ENTER) else []
    if user.has_perm(MAKE):
        piles.append(_not_made())
    return Desk(piles, HINT) if piles else None


def _to_enter() -> Pile:
    """Of the last report of each location: it carries over what the ones before left."""
    last = DayEndReport.objects.filter(location=OuterRef("pk")).order_by("-business_date").values("pk")[:1]
    ids = Location.objects.annotate(last=Subquery(last)).exclude(last=None).values("last")
    reports = list(DayEndReport.objects.filter(pk__in=ids).select_related("location").order_by("location__code"))
    waiting = [(report, each.item) for report in reports for each in standings(report) if each.is_waiting]
    tasks = [
        Task(
            title=f"{item.item_code} {item.description}".strip(),
            detail=f"{report.location.code}: {item.sold} sold, {item.remaining} remaining",
            url=page_of(report),
            since=report.made_at,
        )
        for report, item in waiting[:SHOWN]
    ]
    more = tasks[0].url if len(reports) == 1 and tasks else list_of(DayEndReport)
    return Pile("Items to enter in Excel", "edit_document", len(waiting), tasks, more)


def _not_made() -> Pile:
    missing = missing_days(last_day_over())
    tasks = [
        Task(
            title=f"{day.business_date:%a %b %-d}, {day.location.code}",
            detail="The report was not made. Make it by hand.",
            url=reverse("admin:inventory_dayendreport_make", args=(day.business_date.isoformat(), day.location.pk)),
            since=day.due_at,
        )
        for day in missing[:SHOWN]
    ]
    return Pile("End-of-day reports not made", "event_busy", len(missing), tasks, list_of(DayEndReport))


add_desk(end_of_day)
