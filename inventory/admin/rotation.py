"""The rotation plan: every zone, when it is due, what the next Monday would choose, and whether the promise holds."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from approvals import registry
from approvals.admin.links import page_of
from approvals.clock import now
from approvals.models import ScheduledSlot
from approvals.schedules import next_slot
from inventory.counting import planning
from inventory.counting.rotation import PROMISE, Choice, Plan, ZoneFacts, due_on, plan_week
from inventory.counting.submission import WORKFLOW
from inventory.models import CountSheet, Zone

SLOTS_SHOWN = 6


@dataclass(frozen=True)
class Line:
    """A zone on the plan. `standing` is what the plan says about it, `colour` how it looks."""

    facts: ZoneFacts
    due: date | None
    standing: str
    colour: str
    because: str
    sheet: CountSheet | None
    sheet_url: str


def rotation_page() -> str:
    return reverse("admin:inventory_zone_rotation")


def sees_accuracy(user: Any) -> bool:
    return bool(user.has_perms(["inventory.view_variance", "inventory.view_expected"]))


def situation() -> tuple[date, list[ZoneFacts], Plan]:
    """Today where the counts are made, the zones, and what a run would choose now."""
    today = now().astimezone(planning.zone()).date()
    facts = planning.zone_facts(now())
    return today, facts, plan_week(facts, on=today, capacity=planning.capacity())


def in_danger(facts: list[ZoneFacts], plan: Plan, today: date) -> list[tuple[str, str]]:
    """Zones whose promise is broken, or will be for want of capacity, with why. A sheet that is out mends nothing;
    only a count does."""
    left = {choice.zone_id for choice in plan.left_over}
    found = []
    for zone in sorted((zone for zone in facts if zone.items), key=lambda zone: due_on(zone, today)):
        due = due_on(zone, today)
        if due < today:
            found.append((zone.name, f"the promise was broken on {due:%d %b}"))
        elif zone.zone_id in left:
            found.append((zone.name, f"must be counted by {due:%d %b}, but there is no capacity"))
    return found


def show_rotation(request: HttpRequest, screen: ModelAdmin) -> HttpResponse:
    """GET shows the plan; POST puts out sheets: for one zone, or for every zone the plan chooses."""
    if not screen.has_view_permission(request):
        raise PermissionDenied
    if request.method == "POST":
        return _put_out(request)
    today, facts, plan = situation()
    context = {
        **screen.admin_site.each_context(request),
        "title": "Rotation plan",
        "plan": plan,
        "lines": _lines(facts, plan, today),
        "promise_days": PROMISE.days,
        "next_run": _next_run(),
        "slots": ScheduledSlot.objects.filter(schedule=WORKFLOW)[:SLOTS_SHOWN],
        "may_plan": request.user.has_perm("inventory.submit_count"),
        "sees_accuracy": sees_accuracy(request.user),
    }
    return TemplateResponse(request, "inventory/rotation.html", context)


def _next_run() -> datetime | None:
    weekly = registry.workflow(WORKFLOW).trigger.weekly
    return next_slot(weekly, now()) if weekly else None


def _lines(facts: list[ZoneFacts], plan: Plan, today: date) -> list[Line]:
    chosen = {choice.zone_id: choice for choice in plan.chosen}
    left = {choice.zone_id: choice for choice in plan.left_over}
    sheets = {sheet.zone_id: sheet for sheet in CountSheet.objects.filter(status=CountSheet.Status.PLANNED)}
    lines = [_line(zone, chosen, left, sheets.get(zone.zone_id), today) for zone in facts]
    return sorted(lines, key=lambda line: (line.due is None, line.due or today, line.facts.name))


def _line(
    zone: ZoneFacts,
    chosen: dict[int, Choice],
    left: dict[int, Choice],
    sheet: CountSheet | None,
    today: date,
) -> Line:
    due = due_on(zone, today) if zone.items else None
    choice = chosen.get(zone.zone_id) or left.get(zone.zone_id)
    late = due is not None and due < today
    if due is None:
        standing, colour = "Empty", ""
    elif sheet:
        standing, colour = ("Sheet is out, late", "danger") if late else ("Sheet is out", "info")
    elif zone.zone_id in chosen:
        standing, colour = "Due now", "danger" if late else "warning"
    elif zone.zone_id in left:
        standing, colour = "Due, left over", "danger"
    else:
        standing, colour = "In time", "success"
    because = choice.because if choice else ""
    return Line(zone, due, standing, colour, because, sheet, page_of(sheet) if sheet else "")


def _put_out(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("inventory.submit_count"):
        raise PermissionDenied("You may not put out count sheets. Ask an administrator for the counter role.")
    if request.POST.get("zone"):
        zone = get_object_or_404(Zone, pk=request.POST["zone"], is_active=True)
        sheet = planning.plan_sheet(zone=zone, by=request.user)
        messages.success(request, f"Sheet {sheet.code} is out for zone {zone}.")
        return redirect(page_of(sheet) or rotation_page())
    chosen = [choice.zone_id for choice in planning.current_plan().chosen]
    zones = Zone.objects.filter(pk__in=chosen).select_related("location")
    names = [str(planning.plan_sheet(zone=zone, by=request.user)) for zone in zones]
    said = f"To be counted: {', '.join(names)}." if names else "No zone is due: nothing was put out."
    messages.success(request, said)
    return redirect(rotation_page())
