"""The decision page: everything a person needs to decide, and the buttons, on one screen."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from approvals import operations, registry
from approvals.admin.email_drafts import edit_draft
from approvals.admin.links import page_of
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import ProposedAction
from approvals.refusals import Refused

LINES_PER_PAGE = 200
Status = ProposedAction.Status
STATUS_COLOURS = {
    Status.PENDING: "warning",
    Status.APPROVED: "success",
    Status.REJECTED: "danger",
    Status.SENT_BACK: "info",
    Status.WITHDRAWN: "",
}
BUTTONS = {"approve": Status.APPROVED, "reject": Status.REJECTED, "recount": Status.SENT_BACK}


@admin.register(ProposedAction)
class ProposedActionAdmin(ModelAdmin):
    empty_hint = "Counts beyond the guardrails, quotes and e-mail drafts are proposed here for a decision."
    list_display = ("title", "kind", "lines_to_decide", "proposed_at", "decision")
    list_filter = ("status", "action_type")
    search_fields = ("title", "entity_ref")
    list_select_related = ("decided_by",)
    list_per_page = 50
    actions = ("approve_selected",)
    list_disable_select_all = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProposedAction]:
        """What a person opens: envelopes and single actions, undecided first. Lines are inside their envelope."""
        undecided_first = Case(When(status=Status.PENDING, then=Value(0)), default=1, output_field=IntegerField())
        rows = super().get_queryset(request).filter(envelope=None)
        return rows.annotate(
            undecided_first=undecided_first, undecided=Count("lines", filter=Q(lines__status=Status.PENDING))
        ).order_by("undecided_first", "-pk")

    @display(description="Kind")
    def kind(self, action: ProposedAction) -> str:
        return registry.action_type(action.action_type).title

    @display(description="To decide")
    def lines_to_decide(self, action: Any) -> str:
        return f"{action.undecided} lines" if action.undecided else ("yes" if action.status == Status.PENDING else "")

    @display(description="Decision", label=STATUS_COLOURS, ordering="status")
    def decision(self, action: ProposedAction) -> tuple[str, str]:
        by = f" by {action.decided_by}" if action.decided_by else ""
        return action.status, f"{action.get_status_display()}{by}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.decide_proposedaction")

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        bulk = self.admin_site.admin_view(require_POST(self.approve_selected_view))
        edit = self.admin_site.admin_view(self.edit_email_view)
        return [
            path("<int:pk>/decide/", decide, name="approvals_proposedaction_decide"),
            path("<int:pk>/edit-email/", edit, name="approvals_proposedaction_edit_email"),
            path("approve-selected/", bulk, name="approvals_proposedaction_approve_selected"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        action = get_object_or_404(ProposedAction.objects.select_related("workflow_run", "envelope"), pk=object_id)
        if action.envelope:
            return HttpResponseRedirect(page_of(action.envelope))
        return TemplateResponse(request, "approvals/decision.html", self._page(request, action))

    def _page(self, request: HttpRequest, action: ProposedAction) -> dict[str, Any]:
        lines = action.lines.order_by("pk").select_related("decided_by")
        has_lines = lines.exists()
        declared = registry.action_type(lines[0].action_type if has_lines else action.action_type)
        live = operations.live_numbers(action)
        shown = Paginator(
            list(lines.filter(status=Status.PENDING)) if has_lines else [action], LINES_PER_PAGE
        ).get_page(request.GET.get("p"))
        objection = self._why_not(request, action)
        return {
            **self.admin_site.each_context(request),
            "title": action.title,
            "opts": self.opts,
            "action": action,
            "declared": declared,
            "run": action.workflow_run,
            "shown": shown,
            "has_lines": has_lines,
            "undecided": len(live),
            "seen": operations.content_hash(live),
            "seen_lines": {pk: operations.content_hash({pk: numbers}) for pk, numbers in live.items()},
            "decided": lines.exclude(status=Status.PENDING)[:LINES_PER_PAGE],
            "objection": objection,
            "may_decide": not objection,
            **declared.page(PageOf(action, list(shown), live, request.user)),
        }

    def _why_not(self, request: HttpRequest, action: ProposedAction) -> str:
        if not operations.is_undecided(action):
            return ""
        try:
            operations.check_may_decide(action, request.user)
        except Refused as refusal:
            return str(refusal)
        return ""

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        action = get_object_or_404(ProposedAction, pk=pk)
        verdict = BUTTONS.get(request.POST.get("verdict", ""))
        try:
            if verdict is None:
                raise Refused("Choose what to do: approve, reject, or ask for a recount.")
            before = action.status
            decided = operations.decide(
                action_id=pk,
                by=request.user,  # type: ignore[arg-type]
                via="admin",
                note=request.POST.get("note", "").strip(),
                **self._choice(request, verdict),
            )
        except Refused as refusal:
            for sentence in refusal.problems:
                messages.error(request, sentence)
        else:
            _say_done(request, decided, verdict, before)
        return HttpResponseRedirect(page_of(action))

    def edit_email_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        return edit_draft(request, self, get_object_or_404(ProposedAction, pk=pk, action_type=EMAIL_DRAFT))

    def _choice(self, request: HttpRequest, verdict: str) -> dict[str, Any]:
        """All, bound to the whole page's hash; or the ticked lines, each bound to its own."""
        if request.POST.get("scope") == "all":
            return {"verdict": verdict, "seen_hash": request.POST.get("seen", "")}
        ticked = [int(pk) for pk in request.POST.getlist("line") if pk.isdigit()]
        seen: Mapping[int, str] = {pk: request.POST.get(f"seen_{pk}", "") for pk in ticked}
        return {"verdicts": dict.fromkeys(ticked, verdict), "seen_hash": seen}

    @admin.action(description="Approve the chosen…", permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[ProposedAction]) -> HttpResponse:
        """A page that shows what would be approved; nothing happens before it is confirmed."""
        actions = [action for action in queryset if operations.is_undecided(action)]
        rows = [(action, operations.live_numbers(action)) for action in actions]
        context = {
            **self.admin_site.each_context(request),
            "title": "Approve the chosen",
            "opts": self.opts,
            "rows": [
                {
                    "action": action,
                    "count": len(live),
                    "seen": operations.content_hash(live),
                    "objection": self._why_not(request, action),
                }
                for action, live in rows
            ],
        }
        return TemplateResponse(request, "approvals/approve_selected.html", context)

    def approve_selected_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        for pk in (int(text) for text in request.POST.getlist("action_id") if text.isdigit()):
            try:
                decided = operations.decide(
                    action_id=pk,
                    by=request.user,  # type: ignore[arg-type]
                    via="admin",
                    verdict=Status.APPROVED,
                    seen_hash=request.POST.get(f"seen_{pk}", ""),
                    note=request.POST.get("note", "").strip(),
                )
            except Refused as refusal:
                messages.error(request, " ".join(refusal.problems))
            else:
                messages.success(request, f"Approved: {decided.title}")
        return HttpResponseRedirect(reverse("admin:approvals_proposedaction_changelist"))


class PageOf:
    """What an action type's `page` receives: the action, the lines shown, their numbers now, and who looks."""

    def __init__(
        self, action: ProposedAction, shown: list[ProposedAction], live: Mapping[int, dict[str, Any]], viewer: Any
    ) -> None:
        self.action, self.shown, self.live, self.viewer = action, shown, live, viewer


def _say_done(request: HttpRequest, decided: ProposedAction, verdict: str, before: str) -> None:
    verb = {
        Status.APPROVED: "Approved",
        Status.REJECTED: "Rejected",
        Status.SENT_BACK: "Sent back for a recount",
    }
    run = decided.workflow_run
    where = ""
    if run:
        where = format_html(
            ' <a class="underline" href="{}">See how it goes on</a>.',
            reverse("admin:approvals_workflowrun_change", args=[run.pk]),
        )
    messages.success(request, format_html("{}.{}", verb[Status(verdict)], where))
