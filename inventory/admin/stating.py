"""“State what is really there”: everybody's figures on one page, what the new one would do, and then the override."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from approvals.admin.links import link_to, list_of, page_of
from approvals.refusals import Refused
from approvals.templatetags.figures import age
from inventory.admin.counting.forms import NotAQuantity, read_quantity
from inventory.admin.excel.pages import sync_url
from inventory.checking.disputing import Foreseen, foresee
from inventory.checking.reconciling import LONGEST_REASON, PERMISSION, current, reconcile
from inventory.models import Balance, Item, SyncLine, WmsDispute
from inventory.wms.disputes import comes_to, newest_word

BUTTON = "State what is really there"


def may_state(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


class MayState:
    """For screens with that button."""

    has_view_permission: Any

    def has_state_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.has_view_permission(request)) and may_state(request)


def state_address(balance: Balance) -> str:
    return reverse("admin:inventory_balance_state_quantity", args=[balance.pk])


def to_stating(request: HttpRequest, item: Item | None, **where: Any) -> HttpResponse:
    """From the page of something else about the item: to its only balance, or to the choice among several."""
    balances = list(Balance.objects.filter(item=item, **where).order_by("location")[:2]) if item else []
    if len(balances) == 1:
        return redirect(state_address(balances[0]))
    if balances and item:
        messages.info(request, f"{item.item_code} is kept at several locations. Open the balance you mean.")
        return redirect(list_of(Balance, q=item.item_code))
    messages.error(request, "There is no balance to state anything of. Bring in the item and its opening stock first.")
    return redirect(request.path.rsplit("/", 2)[0] + "/change/")


def state_page(screen: "ModelAdmin[Any]", request: HttpRequest, balance: Balance) -> HttpResponse:
    """A POST shows what would happen; one with `apply` does it."""
    if not may_state(request):
        raise PermissionDenied("You may not state a disputed quantity. Ask an administrator for the approver role.")
    typed, reason = request.POST.get("quantity", "").strip(), request.POST.get("reason", "").strip()
    problems: list[str] = []
    foreseen: Foreseen | None = None
    if request.method == "POST":
        try:
            found = _quantity(typed)
            if "apply" in request.POST and request.POST.get("seen") == typed:
                line = reconcile(
                    item=balance.item, location=balance.location, quantity=found, reason=reason, by=request.user
                )
                return _done(request, line)
            foreseen = foresee(item=balance.item, location=balance.location, quantity=found)
        except Refused as refusal:
            problems = refusal.problems
    return _show(screen, request, balance, problems, {"foreseen": foreseen, "typed": typed, "reason": reason})


def _quantity(typed: str) -> Decimal:
    try:
        found = read_quantity(typed)
    except NotAQuantity as trouble:
        raise Refused(str(trouble)) from trouble
    if found is None:
        raise Refused("Say how many there are: 0 for none.")
    return found


def _done(request: HttpRequest, line: SyncLine) -> HttpResponse:
    waits = "It waits for an approver." if line.proposed_action else "It is posted." if line.variance else "It matches."
    messages.success(request, f"{line.item_code}: {line.counted:f} stated. {waits}")
    return redirect(sync_url(line.sync))


def _show(
    screen: "ModelAdmin[Any]", request: HttpRequest, balance: Balance, problems: list[str], given: dict[str, Any]
) -> HttpResponse:
    now = current(item=balance.item, location=balance.location)
    word = newest_word(balance.item, balance.location)
    dispute = WmsDispute.objects.filter(item=balance.item, location=balance.location, closed_at=None).first()
    context = {
        **screen.admin_site.each_context(request),
        "title": f"{BUTTON}: {balance.item.item_code}",
        "opts": screen.opts,
        "balance": balance,
        "authority": balance.get_authority_display(),
        "as_of": _moment(now.as_of if now else None),
        "document": now.document if now else "",
        "incidents": [(link_to(incident, f"short by {incident.shortfall:f}")) for incident in now.incidents]
        if now
        else [],
        "word": word,
        "word_age": age(word.as_of) if word else "",
        "theirs": comes_to(word) if word else None,
        "dispute": dispute,
        "dispute_url": page_of(dispute) if dispute else "",
        "problems": problems,
        "longest": LONGEST_REASON,
        "back": page_of(balance),
        **given,
    }
    return TemplateResponse(request, "wms/state_quantity.html", context, status=409 if problems else 200)


def _moment(at: datetime | None) -> str:
    return f"{age(at)} old" if at else "never"
