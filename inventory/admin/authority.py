"""Whose word counts: the page that sets it for many balances, and the history nobody can edit."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from approvals.admin.links import link_to
from approvals.admin.record import RecordAdmin
from approvals.refusals import Refused
from inventory.models import Authority, AuthorityChange, Balance
from inventory.stock.authority import LONGEST_REASON, set_authority

COLOURS = {Authority.COUNT: "", Authority.EXCEL: "success", Authority.WMS: "info"}
MEANING = "A feed that is not the authority is compared and reported, never applied."
HISTORY_SHOWN = 5


def authority_page(
    screen: "admin.ModelAdmin[Any]", request: HttpRequest, balances: QuerySet[Balance]
) -> HttpResponse | None:
    """Ask which authority and why, saying how many rows change; a POST with `apply` carries it out."""
    chosen, reason = request.POST.get("authority", ""), request.POST.get("reason", "")
    numbers = dict(balances.order_by().values_list("authority").annotate(Count("pk")))
    problems: list[str] = []
    if "apply" in request.POST:
        try:
            _check_unchanged(request, numbers)
            changed = set_authority(balances=balances, authority=chosen, by=request.user, reason=reason)
        except Refused as refusal:
            problems = refusal.problems
        else:
            messages.success(request, _done(changed, chosen))
            return HttpResponseRedirect(request.get_full_path())
    total = sum(numbers.values())
    context = {
        **screen.admin_site.each_context(request),
        "title": "Set authority",
        "opts": screen.opts,
        "problems": problems,
        "meaning": MEANING,
        "total": total,
        "choices": [
            (value, label, total - numbers.get(value, 0), value == chosen) for value, label in Authority.choices
        ],
        "reason": reason,
        "longest": LONGEST_REASON,
        "seen": _seen(numbers),
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "select_across": request.POST.get("select_across", "0"),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "inventory/set_authority.html", context, status=409 if problems else 200)


def _seen(numbers: dict[str, int]) -> str:
    return ",".join(f"{authority}:{numbers[authority]}" for authority in sorted(numbers))


def _check_unchanged(request: HttpRequest, numbers: dict[str, int]) -> None:
    if request.POST.get("seen") != _seen(numbers):
        total = sum(numbers.values())
        raise Refused(f"Your choice is {total:,} balances now: something changed meanwhile. Look again, then set it.")


def _done(changed: int, authority: str) -> str:
    label = Authority(authority).label
    if not changed:
        return f"{label} had the authority on all of them already: nothing changed."
    return f"{label} now has the authority on {changed:,} more balance{'s' * (changed != 1)}."


@admin.register(AuthorityChange)
class AuthorityChangeAdmin(RecordAdmin):
    empty_hint = "Choose balances in their list and set their authority: each change appears here with its reason."
    list_display = ("changed_at", "balance", "from_to", "reason", "changed_by")
    list_filter = (("after", ChoicesDropdownFilter), ("changed_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_select_related = ("balance__item", "balance__location", "changed_by")
    search_fields = ("=balance__item__item_code",)
    search_help_text = "Exact item code"
    ordering = ("-id",)
    fields = ("balance_link", "before", "after", "reason", "changed_by", "changed_at")
    readonly_fields = ("balance_link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthorityChange]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @display(description="Authority")
    def from_to(self, change: AuthorityChange) -> str:
        return f"{change.get_before_display()} → {change.get_after_display()}"

    @admin.display(description="Balance")
    def balance_link(self, change: AuthorityChange) -> str:
        return link_to(change.balance)
