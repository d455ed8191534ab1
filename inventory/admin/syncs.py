"""Excel syncs: every workbook that was compared with the stock, and the story of each."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.readonly import ReadOnlyAdmin
from inventory.admin.excel import bringing, kinds, looking
from inventory.admin.excel.access import may_sync
from inventory.admin.excel.again import again_page
from inventory.admin.excel.pages import show, sight_of
from inventory.admin.excel.story import RUN_COLOURS, story_of
from inventory.admin.sight import sees_expected
from inventory.admin.upload_links import upload_url
from inventory.models import ExcelSync, SyncLine, Upload


@admin.register(ExcelSync)
class ExcelSyncAdmin(ReadOnlyAdmin):
    empty_hint = "Upload a workbook: every row is compared with the stock, and shown before anything changes."
    list_filter_submit = True
    search_fields = ("upload__file_name", "submitted_by__username")
    search_help_text = "Name of the workbook, or who brought it"
    list_before_template = "excel/list_buttons.html"
    ordering = ("-id",)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """How a run stands tells a blind viewer that something differs."""
        filters = (
            ("location", RelatedDropdownFilter),
            ("source", ChoicesDropdownFilter),
            ("submitted_at", RangeDateTimeFilter),
        )
        return (*filters, ("run__status", ChoicesDropdownFilter)) if sees_expected(request) else filters

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        columns = ("when", "location", "workbook", "source", "dated", "brought_by")
        return (*columns, "outcomes", "state") if sees_expected(request) else (*columns, "outcomes_blind")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExcelSync]:
        # The two hold every row of a workbook once more; no page of ours shows them.
        rows = ExcelSync.objects.select_related("location", "upload", "submitted_by", "run")
        flagged = SyncLine.objects.filter(sync=OuterRef("pk"), classification="review", is_flagged=True).order_by()
        rows = rows.annotate(flagged=_number_of(flagged.values("sync")))
        return rows.defer("run__inputs", "upload__reading")

    @display(description="When", ordering="submitted_at")
    def when(self, sync: ExcelSync) -> Any:
        return sync.submitted_at

    @display(description="Workbook", ordering="upload__file_name")
    def workbook(self, sync: ExcelSync) -> str:
        return sync.upload.file_name if sync.upload else "–"

    @display(description="As of", ordering="as_of")
    def dated(self, sync: ExcelSync) -> Any:
        return sync.as_of

    @display(description="Brought by", ordering="submitted_by")
    def brought_by(self, sync: ExcelSync) -> Any:
        return sync.submitted_by

    @display(description="Outcomes")
    def outcomes(self, sync: Any) -> str:
        told = {**sync.tally, "flagged": sync.flagged, "review": sync.tally.get("review", 0) - sync.flagged}
        return _words((kind, told.get(kind.key, 0)) for kind in kinds.SEEN)

    @display(description="Rows")
    def outcomes_blind(self, sync: ExcelSync) -> str:
        told = {kind.key: sync.tally.get(kind.key, 0) for kind in kinds.BLIND}
        told["stated"] = sum(sync.tally.values()) - sum(told.values()) - sync.tally.get("missing_there", 0)
        return _words((kind, told[kind.key]) for kind in kinds.BLIND)

    @display(description="Run", label=RUN_COLOURS, ordering="run__status")
    def state(self, sync: ExcelSync) -> Any:
        return (sync.run.status, sync.run.get_status_display()) if sync.run else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        mine = Upload.objects.filter(
            uploaded_by=request.user.pk, status=Upload.Status.PREVIEWED, kind=Upload.Kind.STOCK
        )
        waiting = [(upload, upload_url(upload)) for upload in mine.select_related("location").defer("reading")[:5]]
        more = {"may_sync": may_sync(request.user), "waiting_uploads": waiting}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        sync = self.get_object(request, unquote(object_id))
        if sync is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        name = sync.upload.file_name if sync.upload else sync.get_source_display()
        return show(self, request, "sync", f"{sync}: {name}", **story_of(sync, request, sight_of(request)))

    def get_urls(self) -> list[URLPattern]:
        def view(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(partial(page, self))

        def post(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(require_POST(partial(page, self)))

        name = "inventory_excelsync_"
        return [
            path("upload/", view(bringing.upload_page), name=f"{name}upload"),
            path("uploads/<int:pk>/", view(bringing.preview_page), name=f"{name}upload_preview"),
            path("uploads/<int:pk>/as-of/", post(bringing.as_of_page), name=f"{name}upload_as_of"),
            path("uploads/<int:pk>/sync/", post(bringing.commit_page), name=f"{name}upload_commit"),
            path("uploads/<int:pk>/discard/", post(bringing.discard_page), name=f"{name}upload_discard"),
            path("<int:pk>/again/", view(_look_again), name=f"{name}again"),
            path("<int:pk>/result.xlsx", view(looking.result_page), name=f"{name}result"),
            path("<int:pk>/lines/<int:line_pk>/reviewed/", post(looking.reviewed_page), name=f"{name}reviewed"),
            *super().get_urls(),
        ]


def _look_again(screen: ExcelSyncAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    sync = get_object_or_404(ExcelSync.objects.select_related("location"), pk=pk)
    return again_page(screen, request, sync, locations=[sync.location])


def _number_of(rows: QuerySet[SyncLine, Any]) -> Coalesce:
    """How many; computed for the rows of the page only."""
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def _words(numbers: Any) -> str:
    """`3 review`, `12 adjusted`: each in its colour, worst first."""
    told = ((f"cs-{kind.colour}", f"{number:,}", kind.title.lower()) for kind, number in numbers if number)
    words = format_html_join(" ", '<span class="cs-pill {}">{} {}</span>', told)
    return format_html('<span style="display:inline-flex;flex-wrap:wrap;gap:.25rem;min-width:11rem">{}</span>', words)
