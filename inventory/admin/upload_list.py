"""Every file somebody brought, whatever it holds; each opens where it is previewed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.readonly import ReadOnlyAdmin
from inventory.admin.upload_links import upload_url
from inventory.admin.zone_filter import ZoneFilter
from inventory.models import Upload

UPLOAD_COLOURS = {
    Upload.Status.PREVIEWED: "warning",
    Upload.Status.CONFIRMED: "success",
    Upload.Status.DISCARDED: "default",
    Upload.Status.REFUSED: "danger",
}


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    empty_hint = "Walk-sheets and stock workbooks are kept here as they came. Upload one from its own list."
    list_display = ("file_name", "kind", "state", "place", "uploaded_by", "uploaded_at", "why")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("zone", ZoneFilter),
        ("location", RelatedDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("zone__location", "location", "uploaded_by")
    search_fields = ("file_name", "sha256", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return Upload.objects.defer("reading")

    @display(description="Status", label=UPLOAD_COLOURS, ordering="status")
    def state(self, upload: Upload) -> tuple[str, str]:
        waits = upload.status == Upload.Status.PREVIEWED
        return upload.status, "Waiting" if waits else upload.get_status_display()

    @display(description="Place")
    def place(self, upload: Upload) -> str:
        return str(upload.zone or upload.location or "–")

    @display(description="Reason")
    def why(self, upload: Upload) -> str:
        return upload.reason.split("\n")[0][:120]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self.get_object(request, unquote(object_id))
        if upload is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(upload_url(upload))
