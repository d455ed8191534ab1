"""End-of-day reports: nobody edits one. What one does with it is to enter it in Excel, and to say so."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.confirming import Question, ask
from approvals.admin.links import list_of, page_of
from approvals.admin.readonly import ReadOnlyAdmin
from inventory.admin.day_end.acting import enter_page, may_enter, take_back_page
from inventory.admin.exporting import as_file
from inventory.admin.moments import day_of_address
from inventory.day_end.days import missing_days
from inventory.day_end.discrepancies import discrepancies_of
from inventory.day_end.document import is_late, note_of, summary_of
from inventory.day_end.entering import standings
from inventory.day_end.reporting import PERMISSION, make_report
from inventory.day_end.schedule import last_day_over
from inventory.day_end.workbook import workbook_name, workbook_of
from inventory.models import DayEndReport, ExcelUpdate, Location

MISSING_SHOWN = 10


@admin.register(DayEndReport)
class DayEndReportAdmin(ReadOnlyAdmin):
    empty_hint = (
        "The first report is made at 17:00 of the next business day, for each location that has orders or keeps stock "
        "in Excel: set the authority of its balances to Excel on the Balances list."
    )
    list_display = ("day", "location", "orders_processed", "to_enter", "open_discrepancies", "made_at", "who")
    list_filter = (("business_date", RangeDateFilter), ("location", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("location", "made_by")
    search_fields = ("location__code", "location__name")
    list_before_template = "day_end/missing.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DayEndReport]:
        return super().get_queryset(request).order_by("-business_date", "location__code")

    @display(description="Business day", ordering="business_date")
    def day(self, report: DayEndReport) -> str:
        late = ", made later" if is_late(report) else ""
        return f"{report.business_date:%a %b %-d, %Y}{late}"

    @display(description="To enter in Excel", label={"waiting": "warning", "entered": "success", "none": ""})
    def to_enter(self, report: Any) -> tuple[str, str]:
        if not report.updates:
            return "none", "Nothing to update"
        waiting = report.waiting_items
        return ("waiting", f"{waiting} of {len(report.updates)}") if waiting else ("entered", "All entered")

    @display(description="Discrepancies")
    def open_discrepancies(self, report: DayEndReport) -> int:
        return len(report.discrepancies)

    @display(description="Made by", ordering="made_by")
    def who(self, report: DayEndReport) -> str:
        return str(report.made_by or "The system")

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """With how much of each report waits, in one query for the page."""
        shown = super().get_changelist_instance(request)
        reports: list[Any] = list(shown.result_list)
        sales = [pk for report in reports for row in report.updates for pk in row["updates"]]
        pending = ExcelUpdate.objects.filter(pk__any_of=sales, status=ExcelUpdate.Status.PENDING)
        waiting = set(pending.values_list("pk", flat=True)) if sales else set()
        for report in reports:
            report.waiting_items = sum(not waiting.isdisjoint(row["updates"]) for row in report.updates)
        shown.result_list = reports
        return shown

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        missing = missing_days(last_day_over())
        more = {"missing": missing[:MISSING_SHOWN], "missing_total": len(missing), "may_make": may_make(request)}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = self.get_object(request, unquote(object_id))
        if report is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        items = standings(report)
        opens_mail = request.user.has_perm("approvals.view_proposedaction")
        context = {
            **self.admin_site.each_context(request),
            "title": f"End of day {report.business_date:%a %b %-d, %Y}, {report.location.code}",
            "opts": self.opts,
            "report": report,
            "items": items,
            "waiting": sum(standing.is_waiting for standing in items),
            "discrepancies": discrepancies_of(report),
            "note": note_of(report),
            "may_enter": may_enter(request),
            "mail_url": page_of(report.email) if report.email and opens_mail else "",
        }
        return TemplateResponse(request, "day_end/report.html", context)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "inventory_dayendreport_{}".format
        enter = require_POST(lambda request, pk: enter_page(self, request, pk))
        take_back = require_POST(lambda request, pk: take_back_page(self, request, pk))
        return [
            path("make/<str:day>/<int:location>/", wrap(self.make), name=name("make")),
            path("<int:pk>/workbook/", wrap(self.workbook), name=name("workbook")),
            path("<int:pk>/enter/", wrap(enter), name=name("enter")),
            path("<int:pk>/not-entered/", wrap(take_back), name=name("not_entered")),
            *super().get_urls(),
        ]

    def make(self, request: HttpRequest, day: str, location: int) -> HttpResponse:
        """A day the schedule missed, made by hand."""
        if not may_make(request):
            raise PermissionDenied("You may not make end-of-day reports. Ask an administrator for the counter role.")
        place, business_date = get_object_or_404(Location, pk=location), day_of_address(day)

        def carry_out(_: str) -> str:
            report = make_report(business_date=business_date, location=place, by=request.user)
            return f"The report is there: {summary_of(report)}."

        question = Question(
            title=f"Make the report of {business_date:%a %b %-d, %Y} for {place} now?",
            consequences=(
                "It counts the orders of that day. The items to enter, their quantities and the discrepancies are of "
                "now, and the report says so.",
                "What it says is kept as it is. A draft of the mail to the manager is proposed for approval.",
            ),
            button="Make it now",
            carry_out=carry_out,
            back=list_of(DayEndReport),
        )
        return ask(request, self, None, question)

    def workbook(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = get_object_or_404(DayEndReport.objects.select_related("location"), pk=pk)
        return as_file(workbook_of(report), workbook_name(report))


def may_make(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)
