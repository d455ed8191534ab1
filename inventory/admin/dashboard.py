"""The first page: what waits for you, and how the house stands. A constant number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest

from approvals.admin.desks import desks_of
from approvals.admin.links import list_of, page_of
from approvals.health import is_silent, lines, ticked_at
from approvals.models import Alert, WorkflowRun
from inventory.admin.rotation import in_danger, rotation_page, situation
from inventory.admin.summary import Summary, summary
from inventory.mirror.standing import mirror_standing
from inventory.models import Item, OversellIncident, Parity, Variance, Zone
from inventory.stock.incidents import oversold
from netsuite.models import Push
from netsuite.standing import Standing, standing

SHOWN = 6
RUN_COLOURS = {"running": "info", "waiting": "warning", "completed": "success", "failed": "danger"}
SEVERITY_ICONS = {"critical": "error", "warning": "warning", "info": "info"}


@dataclass(frozen=True)
class Row:
    title: str
    url: str
    at: datetime
    label: str
    colour: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: adds the tiles this user may see."""
    user: Any = request.user
    context |= {
        "title": "Dashboard",
        **waiting(user),
        "ticked_at": ticked_at(),
        "first_steps": first_steps(user),
    }
    context["worker_is_silent"] = is_silent(context["ticked_at"])
    if user.has_perm("netsuite.view_push"):
        context |= netsuite_tile()
    if user.has_perm("inventory.view_parity"):
        context |= {"mirror": mirror_standing(), "parity_url": list_of(Parity, look="apart")}
    if sees_variances(user) or user.has_perm("inventory.view_balance"):
        context |= inventory_tiles(user)
    if user.has_perm("approvals.view_alert"):
        context |= {"health": lines().values()}
        context |= alerts(may_resolve=user.has_perm("approvals.resolve_alert"))
    if user.has_perm("inventory.view_oversellincident"):
        context |= {"oversold": oversold(), "oversold_url": list_of(OversellIncident, standing="open")}
    if user.has_perm("approvals.view_workflowrun"):
        context |= {"runs": recent_runs(), "runs_url": list_of(WorkflowRun)}
    return context


def waiting(user: Any) -> dict[str, Any]:
    desks = desks_of(user)
    return {
        "desks": desks,
        "piles": [pile for desk in desks for pile in desk.piles if pile.total or pile.note],
        "buttons": [desk.button for desk in desks if desk.button],
    }


def sees_variances(user: Any) -> bool:
    return bool(user.has_perms(["inventory.view_variance", "inventory.view_expected"]))


def first_steps(user: Any) -> bool:
    """An empty catalogue: somebody who may fill it is told how."""
    return user.has_perm("inventory.change_item") and not Item.objects.exists()


def netsuite_tile() -> dict[str, Any]:
    state: Standing = standing()
    stuck_url = list_of(Push, waiting_for="person")
    return {"netsuite": state, "pushes_url": list_of(Push), "stuck_url": stuck_url}


def inventory_tiles(user: Any) -> dict[str, Any]:
    figures: Summary = summary()
    tiles: dict[str, Any] = {"sees_cost": user.has_perm("inventory.view_cost")}
    if sees_variances(user):
        tiles |= {"variance": figures.figures, "variances_url": list_of(Variance)}
    if user.has_perm("inventory.view_balance"):
        tiles |= {"inventory": figures}
    if user.has_perm("inventory.view_zone"):
        today, facts, plan = situation()
        tiles |= {
            "inventory_coverage": figures,
            "plan": plan,
            "in_danger": in_danger(facts, plan, today),
            "never_counted": sum(zone.never_counted for zone in facts),
            "rotation_url": rotation_page(),
            "zones_url": list_of(Zone),
        }
    return tiles


def alerts(*, may_resolve: bool) -> dict[str, Any]:
    worst_first = Case(
        When(severity="critical", then=Value(0)),
        When(severity="warning", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    opened = Alert.objects.filter(resolved_at=None)
    rows = list(opened.order_by(worst_first, "-last_raised_at")[:SHOWN])
    return {
        "alerts": [(alert, page_of(alert), SEVERITY_ICONS[alert.severity]) for alert in rows],
        "alert_total": opened.count(),
        "may_resolve": may_resolve,
        "alerts_url": list_of(Alert, state="open"),
    }


def recent_runs() -> list[Row]:
    return [
        Row(
            run.subject,
            page_of(run),
            run.started_at,
            run.get_status_display(),
            RUN_COLOURS.get(run.status, "info"),
        )
        for run in WorkflowRun.objects.order_by("-pk")[:SHOWN]
    ]
