"""Upload a walk-sheet; see every row of it; confirm or discard it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from approvals.refusals import Refused
from inventory.admin.counting.access import may_count, require_may_count
from inventory.admin.counting.forms import UploadForm
from inventory.admin.counting.pages import page_of_rows, sheet_url, show
from inventory.admin.sight import sees_expected
from inventory.admin.upload_links import upload_url
from inventory.counting.uploads import (
    StoredReading,
    confirm_upload,
    discard_upload,
    preview_of,
    receive_upload,
)
from inventory.models import CountSheet, Upload
from inventory.uploads.stored import reading_of

Status = Upload.Status
KIND = Upload.Kind.COUNT


def upload_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """`pk` is the planned sheet whose page one comes from; without it the file or the form says the zone."""
    require_may_count(request)
    sheet = get_object_or_404(CountSheet.objects.select_related("zone__location"), pk=pk) if pk else None
    form = UploadForm(request.POST or None, request.FILES or None, knows_zone=sheet is not None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        upload = receive_upload(
            content=given["file"].read(),
            file_name=given["file"].name or "file",
            zone=sheet.zone if sheet else given["zone"],
            counted_at=given["counted_at"],
            by=request.user,
            sheet=sheet,
        )
        return redirect(upload_url(upload))
    title = f"Upload walk-sheet {sheet.code}" if sheet else "Upload a walk-sheet"
    return show(screen, request, "upload", title, form=form, sheet=sheet)


def preview_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("inventory.view_upload"):
        require_may_count(request)
    upload = get_object_or_404(
        Upload.objects.select_related("zone__location", "uploaded_by", "count_sheet"), pk=pk, kind=KIND
    )
    if upload.status == Status.CONFIRMED and hasattr(upload, "count_sheet"):
        return redirect(sheet_url(upload.count_sheet))
    if upload.status != Status.PREVIEWED:
        return _refused_page(screen, request, upload, reading_of(upload))
    preview = preview_of(upload, show_expected=sees_expected(request))
    return show(
        screen,
        request,
        "preview",
        f"Preview: {upload.file_name}",
        upload=upload,
        preview=preview,
        reading=preview.reading,
        tally=preview.tally(),
        rows=page_of_rows(request, preview.rows),
        is_mine=may_count(request) and upload.uploaded_by_id == request.user.pk,
        confirm_url=upload_url(upload, "confirm"),
        discard_url=upload_url(upload, "discard"),
    )


def _refused_page(
    screen: "ModelAdmin[Any]", request: HttpRequest, upload: Upload, reading: StoredReading
) -> HttpResponse:
    first = CountSheet.objects.filter(code=reading.first_sheet).first()
    return show(
        screen,
        request,
        "refused",
        f"{upload.get_status_display()}: {upload.file_name}",
        upload=upload,
        reading=reading,
        errors=page_of_rows(request, reading.errors),
        first_sheet=first,
    )


def confirm_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_count(request)
    upload = get_object_or_404(Upload.objects.select_related("zone__location", "uploaded_by"), pk=pk, kind=KIND)
    try:
        sheet = confirm_upload(upload=upload, by=request.user, source=reading_of(upload).source)
    except Refused as refusal:
        for sentence in refusal.problems:
            messages.error(request, sentence)
        return redirect(upload_url(upload))
    messages.success(request, f"Sheet {sheet.code} is counted. Thank you.")
    return redirect(sheet_url(sheet))


def discard_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_count(request)
    upload = get_object_or_404(Upload, pk=pk, kind=KIND)
    try:
        discard_upload(upload=upload, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(upload_url(upload))
    messages.success(request, f"“{upload.file_name}” is discarded. Nothing was counted.")
    return redirect("admin:inventory_countsheet_changelist")
