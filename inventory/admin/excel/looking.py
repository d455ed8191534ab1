"""The smaller things one does with a sync: take its result away, say that an auto-fixed row was looked at."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.text import get_valid_filename

from approvals.refusals import Refused
from inventory.admin.excel.pages import sync_url
from inventory.admin.exporting import as_file
from inventory.admin.sight import sees_expected
from inventory.excel.results import result_of
from inventory.excel.reviewing import review_line
from inventory.models import ExcelSync, SyncLine


def result_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """Download what became of each row; changes nothing."""
    if not (screen.has_view_permission(request) and sees_expected(request)):
        raise PermissionDenied("The result tells what was expected. Ask an administrator for the approver role.")
    rows = ExcelSync.objects.select_related("location", "upload", "submitted_by").defer("upload__reading")
    sync = get_object_or_404(rows, pk=pk)
    stem = sync.upload.file_name.rsplit(".", 1)[0] if sync.upload else sync.location.code
    return as_file(result_of(sync), get_valid_filename(f"{stem[:80]} sync {sync.pk} result.xlsx"))


def reviewed_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    if not (screen.has_view_permission(request) and sees_expected(request)):
        raise PermissionDenied
    line = get_object_or_404(SyncLine.objects.select_related("sync"), pk=line_pk, sync=pk)
    try:
        review_line(line=line, by=request.user)
        messages.success(request, f"{line.item_code} is reviewed.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    query = request.GET.urlencode()
    return HttpResponseRedirect(sync_url(line.sync) + (f"?{query}" if query else ""))
