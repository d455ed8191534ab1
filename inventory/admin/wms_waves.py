"""Steps of a wave: begin it from a group or from chosen balances, switch it after a dry run, switch it back, end it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from approvals.admin.confirming import Question, ask
from approvals.admin.links import list_of, page_of
from approvals.admin.record import sees_money
from approvals.refusals import Refused
from inventory.models import Authority, Balance, Item, WmsClient, WmsRollout
from inventory.stock import second_person
from inventory.wms.rollout import ADD, LONGEST_REASON, SWITCH, end_rollout, gates_of, group, groups, start_rollout
from inventory.wms.rollout_switch import OVERRIDE, plan_switch, switch_back, switch_live

LARGEST_SHOWN = 20


def begin_page(screen: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    """A wave of a group; GET changes nothing."""
    _check(request, ADD)
    problems: list[str] = []
    if request.method == "POST":
        try:
            client, balances, label = _asked_group(request.POST.get("group", ""))
            return _begin(request, client, balances, label)
        except Refused as refusal:
            problems = refusal.problems
    clients = WmsClient.objects.filter(is_enabled=True).select_related("location")
    context = {
        "choices": [
            (client, [(f"{client.pk}|{value}", label) for value, label in groups(client)]) for client in clients
        ],
        "group": request.POST.get("group", ""),
        "back": list_of(WmsRollout),
    }
    return _page(screen, request, "wms/begin.html", "Begin a wave", problems, context)


def chosen_page(screen: "ModelAdmin[Any]", request: HttpRequest, balances: QuerySet[Balance]) -> HttpResponse:
    """A wave of the balances ticked in their list."""
    _check(request, ADD)
    problems: list[str] = []
    total = balances.count()
    if "apply" in request.POST:
        try:
            return _begin(request, _client_of(balances), balances, f"{total:,} chosen in the list of balances")
        except Refused as refusal:
            problems = refusal.problems
    context = {
        "total": total,
        "decided": balances.filter(authority=Authority.WMS).count(),
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "select_across": request.POST.get("select_across", "0"),
        "back": request.get_full_path(),
    }
    return _page(screen, request, "wms/begin.html", "Begin a wave", problems, context)


def _asked_group(asked: str) -> tuple[WmsClient, QuerySet[Balance], str]:
    pk, _, value = asked.partition("|")
    client = WmsClient.objects.select_related("location").filter(pk=pk).first() if pk.isdecimal() else None
    if client is None:
        raise Refused("Choose which items the wave is about.")
    return client, group(client, value), dict(groups(client))[value]


def _client_of(balances: QuerySet[Balance]) -> WmsClient:
    """The one that speaks for their location."""
    places = set(balances.order_by().values_list("location_id", flat=True).distinct())
    if len(places) != 1:
        raise Refused("These balances are at several locations. A wave is of one: filter the list by location first.")
    client = WmsClient.objects.select_related("location").filter(location__in=places, is_enabled=True).first()
    if client is None:
        raise Refused("No enabled WMS client speaks for this location. Connect one first.")
    return client


def _begin(request: HttpRequest, client: WmsClient, balances: QuerySet[Balance], label: str) -> HttpResponse:
    wave = start_rollout(
        name=request.POST.get("name", ""), client=client, balances=balances, chosen=label, by=request.user,
        reason=request.POST.get("reason", ""),
    )  # fmt: skip
    messages.success(request, f"The wave is in shadow: {wave.members.count():,} balances, compared from now on.")
    return redirect(page_of(wave))


def switch_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """What the switch would change, gate by gate and item by item; then a POST."""
    _check(request, SWITCH)
    wave = get_object_or_404(WmsRollout.objects.select_related("client__location"), pk=pk)
    problems: list[str] = []
    if request.method == "POST":
        try:
            return _switch(request, wave)
        except Refused as refusal:
            problems = refusal.problems
    plan = plan_switch(wave)
    largest = plan.largest(LARGEST_SHOWN)
    items = Item.objects.in_bulk([row.item_id for row in largest])
    gates = gates_of(wave)
    context = {
        "wave": wave,
        "plan": plan,
        "largest": [(row, items[row.item_id], page_of(items[row.item_id])) for row in largest],
        "gates": gates,
        "is_closed": not all(gate.lets_through for gate in gates),
        "may_override": request.user.has_perm(OVERRIDE),
        "needs_second": second_person.is_needed(plan.gross_value),
        "sees_cost": sees_money(request.user),
        "back": page_of(wave),
    }
    return _page(screen, request, "wms/switch.html", f"Switch {wave} to the WMS", problems, context)


def _switch(request: HttpRequest, wave: WmsRollout) -> HttpResponse:
    done = switch_live(
        rollout=wave, by=request.user, reason=request.POST.get("reason", ""),
        despite_gates=request.POST.get("despite_gates") == "on",
    )  # fmt: skip
    if done.asked:
        messages.warning(request, "Nothing has changed yet: changes as large as these a second person must confirm.")
    else:
        messages.success(request, f"The WMS has the say now; {done.moved:,} quantities changed.")
    return redirect(page_of(wave))


def back_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    _check(request, SWITCH)
    wave = get_object_or_404(WmsRollout.objects.select_related("client"), pk=pk)

    def carry_out(reason: str) -> str:
        returned = switch_back(rollout=wave, by=request.user, reason=reason)
        return f"{returned:,} balances went back to whoever had the say before. The wave is in shadow."

    returning = wave.members.exclude(before="").filter(balance__authority=Authority.WMS).count()
    question = Question(
        title=f"Switch {wave} back?",
        consequences=(
            f"{returning:,} balances go back to whoever had the say before the switch.",
            "Quantities and promises stay as they are. What the WMS sends is kept and compared, so that the next "
            "switch puts its newest words on the ledger: nothing is lost.",
            "Sales that Excel has not been told of wait under To enter in Excel.",
        ),
        button="Switch back",
        carry_out=carry_out,
        asks_reason=True,
        is_dangerous=True,
    )
    return ask(request, screen, wave, question)


def end_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    _check(request, SWITCH)
    wave = get_object_or_404(WmsRollout, pk=pk)

    def carry_out(reason: str) -> str:
        end_rollout(rollout=wave, by=request.user, reason=reason)
        return "The wave has ended."

    live = wave.stage == WmsRollout.Stage.LIVE
    keeps = "The WMS keeps the say, and there is no switching back." if live else "Nothing changes: it was in shadow."
    question = Question(
        title=f"End {wave}?",
        consequences=(keeps, "Its days stay on record; no more are added. Its balances are free for another wave."),
        button="End the wave",
        carry_out=carry_out,
        asks_reason=True,
        is_dangerous=live,
    )
    return ask(request, screen, wave, question)


def _check(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied("You may not do this with a wave. Ask an administrator for the approver role.")


def _page(
    screen: "ModelAdmin[Any]",
    request: HttpRequest,
    template: str,
    title: str,
    problems: list[str],
    context: dict[str, Any],
) -> HttpResponse:
    shown = {
        **screen.admin_site.each_context(request),
        "title": title,
        "opts": screen.opts,
        "problems": problems,
        "name": request.POST.get("name", ""),
        "reason": request.POST.get("reason", ""),
        "longest": LONGEST_REASON,
        **context,
    }
    return TemplateResponse(request, template, shown, status=409 if problems else 200)
