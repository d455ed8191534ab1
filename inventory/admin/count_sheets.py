"""Count sheets: what is to be counted, what was, and the story of each."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from approvals.admin.readonly import ReadOnlyAdmin
from approvals.money import dollars
from inventory.admin.counting import acting, typing_in, uploading
from inventory.admin.counting.access import may_count
from inventory.admin.counting.forms import TimeForm
from inventory.admin.counting.pages import show
from inventory.admin.counting.story import story_of
from inventory.admin.sight import sees_expected
from inventory.admin.upload_links import upload_url
from inventory.admin.zone_filter import ZoneFilter
from inventory.models import CountLine, CountSheet, Upload

Status = CountSheet.Status
SHEET_COLOURS = {Status.PLANNED: "warning", Status.COUNTED: "success", Status.CANCELLED: "default"}


def lines_of_row(**condition: Any) -> Coalesce:
    """How many lines of the row's sheet; computed for the rows of the page only."""
    lines = CountLine.objects.filter(sheet=OuterRef("pk"), **condition).order_by().values("sheet")
    return Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


@admin.register(CountSheet)
class CountSheetAdmin(ReadOnlyAdmin):
    empty_hint = "The Monday plan puts sheets out. Print one from the rotation plan, or upload a counted one."
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("zone", ZoneFilter),
        ("counted_at", RangeDateFilter),
    )
    list_filter_submit = True
    search_fields = ("code", "zone__code", "zone__name")
    list_before_template = "counting/list_buttons.html"

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("to_be_counted_first", "-pk")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        columns = ("sheet_code", "where", "state", "due", "counted", "who", "lines")
        return (*columns, "to_decide", "gross") if sees_expected(request) else columns

    def get_queryset(self, request: HttpRequest) -> QuerySet[CountSheet]:
        to_be_counted_first = Case(When(status=Status.PLANNED, then=Value(0)), default=1, output_field=IntegerField())
        sheets = CountSheet.objects.select_related("zone__location", "counted_by", "run", "upload")
        # The two hold every line of a sheet once more; no page of ours shows them.
        return (
            sheets.defer("run__inputs", "upload__reading")
            .annotate(
                to_be_counted_first=to_be_counted_first,
                lines_counted=lines_of_row(count_number=1, counted__isnull=False),
                lines_to_decide=lines_of_row(classification="needs_review", decision=""),
            )
            .order_by(*self.get_ordering(request))
        )

    @display(description="Sheet", ordering="code")
    def sheet_code(self, sheet: CountSheet) -> str:
        return format_html('<span style="white-space:nowrap">{}</span>', sheet.code)

    @display(description="Zone", ordering="zone__code")
    def where(self, sheet: CountSheet) -> str:
        return f"{sheet.zone} {sheet.zone.name}".strip()

    @display(description="Status", label=SHEET_COLOURS, ordering="status")
    def state(self, sheet: CountSheet) -> tuple[str, str]:
        return sheet.status, sheet.get_status_display()

    @display(description="Planned for", ordering="planned_for")
    def due(self, sheet: CountSheet) -> Any:
        return sheet.planned_for

    @display(description="Counted at", ordering="counted_at")
    def counted(self, sheet: CountSheet) -> Any:
        return sheet.counted_at

    @display(description="Counted by", ordering="counted_by")
    def who(self, sheet: CountSheet) -> Any:
        return sheet.counted_by

    @display(description="Lines")
    def lines(self, sheet: Any) -> Any:
        return sheet.lines_counted if sheet.status == Status.COUNTED else None

    @display(description="To decide")
    def to_decide(self, sheet: Any) -> Any:
        return sheet.lines_to_decide or None

    @display(description="Gross variance", ordering="gross_value")
    def gross(self, sheet: CountSheet) -> str:
        return dollars(sheet.gross_value)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        mine = Upload.objects.filter(
            uploaded_by=request.user.pk, status=Upload.Status.PREVIEWED, kind=Upload.Kind.COUNT
        )
        waiting = [
            (upload, upload_url(upload)) for upload in mine.select_related("zone__location").defer("reading")[:5]
        ]
        more = {"may_count": may_count(request), "waiting_uploads": waiting}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        sheet = self.get_object(request, unquote(object_id))
        if sheet is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        title = f"Sheet {sheet.code}"
        return show(self, request, "sheet", title, time_form=TimeForm(), **story_of(sheet, request))

    def get_urls(self) -> list[URLPattern]:
        def view(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(partial(page, self))

        def post(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(require_POST(partial(page, self)))

        sheet, upload = "inventory_countsheet_", "inventory_upload_"
        return [
            path("upload/", view(uploading.upload_page), name=f"{sheet}upload"),
            path("new/", view(acting.new_sheet_page), name=f"{sheet}new"),
            path("<int:pk>/upload/", view(uploading.upload_page), name=f"{sheet}upload_for"),
            path("<int:pk>/type/", view(typing_in.typing_page), name=f"{sheet}type"),
            path("<int:pk>/walk-sheet.<str:form>", view(acting.print_page), name=f"{sheet}print"),
            path("<int:pk>/recounts/<int:line_pk>/", post(acting.recount_page), name=f"{sheet}recount"),
            path("<int:pk>/cancel/", view(acting.cancel_page), name=f"{sheet}cancel"),
            path("uploads/<int:pk>/", view(uploading.preview_page), name=f"{upload}preview"),
            path("uploads/<int:pk>/confirm/", post(uploading.confirm_page), name=f"{upload}confirm"),
            path("uploads/<int:pk>/discard/", post(uploading.discard_page), name=f"{upload}discard"),
            *super().get_urls(),
        ]
