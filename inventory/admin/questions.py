"""“How many are there?”: questions to a person who goes and looks. Blind: nothing here says what is expected."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, DateTimeField, F, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.confirming import Question, ask
from approvals.admin.desks import Desk, Pile, Task, add_desk
from approvals.admin.links import list_of, page_of
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.clock import now
from approvals.refusals import Refused
from approvals.templatetags.figures import lasting, quantity
from inventory.admin.checking import CHECK, check_address
from inventory.admin.counting.forms import NotAQuantity, read_quantity
from inventory.checking.questions import (
    ANSWER,
    LONGEST_NOTE,
    answer_question,
    cancel_question,
    may_answer,
    open_questions_for,
)
from inventory.models import Balance, StockQuestion

Status = StockQuestion.Status
SHOWN = 6
HINT = "A question appears here when nobody can trust the numbers and you are to go and look."


@admin.register(StockQuestion)
class StockQuestionAdmin(ReadOnlyAdmin):
    empty_hint = "A question appears when stock is checked and the workbook is not from today."
    list_display = ("what", "location", "due", "assigned_to", "asked_by", "answer", "answered_by")
    list_filter = (("status", ChoicesDropdownFilter), ("location", RelatedDropdownFilter))
    list_filter_submit = True
    search_fields = ("item__item_code", "item__description")
    sortable_by = ()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("closed", "others", "urgency", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockQuestion]:
        """Open ones first, of these the viewer's own first, the most urgent first; then the newest."""
        is_open = {"status": Status.OPEN}
        mine = When(**is_open, assigned_to=request.user.pk, then=Value(0))
        rows = StockQuestion.objects.select_related("item", "location", "assigned_to", "asked_by", "answered_by")
        return rows.annotate(
            closed=Case(When(**is_open, then=Value(0)), default=1, output_field=IntegerField()),
            others=Case(mine, default=1, output_field=IntegerField()),
            urgency=Case(When(**is_open, then=F("due_at")), output_field=DateTimeField()),
        ).order_by(*self.get_ordering(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Questions", **(extra_context or {})})

    @display(description="Item")
    def what(self, question: StockQuestion) -> str:
        return str(question.item)

    @display(description="Due", label={"late": "danger", "open": "info", "closed": ""})
    def due(self, question: StockQuestion) -> tuple[str, str]:
        if question.status != Status.OPEN:
            return "closed", question.get_status_display()
        return ("late" if question.due_at < now() else "open"), _due(question)

    @display(description="Found")
    def answer(self, question: StockQuestion) -> str:
        return quantity(question.found)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Also the one it was given to."""
        return super().has_view_permission(request, obj) or (obj is not None and obj.assigned_to_id == request.user.pk)

    def get_urls(self) -> list[URLPattern]:
        cancel = self.admin_site.admin_view(self.cancel_view)
        return [path("<int:pk>/cancel/", cancel, name="inventory_stockquestion_cancel"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        question = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, question):
            raise PermissionDenied
        if question is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        problems: list[str] = []
        if request.method == "POST":
            problems = _answer(request, question)
            if not problems:
                return redirect(page_of(question))
        return TemplateResponse(
            request, "inventory/question.html", self._page(request, question, problems), status=409 if problems else 200
        )

    def _page(self, request: HttpRequest, question: StockQuestion, problems: list[str]) -> dict[str, Any]:
        is_open = question.status == Status.OPEN
        home = Balance.objects.filter(item=question.item, location=question.location).select_related("zone").first()
        checks = request.user.has_perms([CHECK, "inventory.view_item"])
        return {
            **self.admin_site.each_context(request),
            "title": f"How many {question.item.item_code} are there?",
            "opts": self.opts,
            "question": question,
            "home": home,
            "problems": problems,
            "may_answer": is_open and may_answer(question, request.user),
            "is_late": is_open and question.due_at < now(),
            "due": _due(question),
            "typed": request.POST.get("found", ""),
            "note": request.POST.get("note", ""),
            "longest": LONGEST_NOTE,
            "sync_url": page_of(question.sync) if question.sync and _sees_syncs(request.user) else "",
            "check_url": check_address(question.item_id, location=question.location.code) if checks else "",
            "back": list_of(StockQuestion) if super().has_view_permission(request) else reverse("admin:index"),
        }

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = get_object_or_404(StockQuestion.objects.select_related("item", "location"), pk=pk)
        if not may_answer(question, request.user):
            raise PermissionDenied

        def carry_out(reason: str) -> str:
            cancel_question(question=question, by=request.user, note=reason)
            return "The question is cancelled."

        wording = Question(
            title=f"Cancel the question about {question.item.item_code} at {question.location.code}?",
            consequences=("Nobody goes and looks. The next check of this item asks again if it needs to.",),
            button="Cancel the question",
            carry_out=carry_out,
            asks_reason=True,
            is_dangerous=True,
        )
        return ask(request, self, question, wording)


def _answer(request: HttpRequest, question: StockQuestion) -> list[str]:
    """Store the answer; the sentences that say why not, if any."""
    try:
        found = read_quantity(request.POST.get("found", ""))
        if found is None:
            return ["Nothing was typed. Enter how many are there, or 0 where there is nothing."]
        answer_question(question=question, found=found, by=request.user, note=request.POST.get("note", ""))
    except NotAQuantity as trouble:
        return [str(trouble)]
    except Refused as refusal:
        return refusal.problems
    messages.success(request, f"Kept: {quantity(found)} {question.item.unit} of {question.item.item_code}.")
    return []


def _sees_syncs(user: Any) -> bool:
    return bool(user.has_perms(["inventory.view_excelsync", "inventory.view_expected"]))


def _due(question: StockQuestion) -> str:
    left = question.due_at - now()
    return f"{lasting(-left)} overdue" if left.total_seconds() < 0 else f"in {lasting(left)}"


def looking(user: Any) -> Desk | None:
    rows = open_questions_for(user)
    total = rows.count()
    if not total and not user.has_perm(ANSWER):
        return None
    tasks = [
        Task(
            title=f"How many {question.item.item_code} are at {question.location.code}?",
            detail=f"{question.item.description} · {_due(question)}".lstrip(" ·"),
            url=page_of(question),
            since=question.asked_at,
        )
        for question in rows[:SHOWN]
    ]
    return Desk([Pile("To go and look", "directions_walk", total, tasks, list_of(StockQuestion))], HINT)


add_desk(looking)
