"""Upload a workbook; date it; see every row of it; sync it or discard it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import localtime

from approvals.refusals import Refused
from inventory.admin.counting.pages import page_of_rows
from inventory.admin.excel.access import may_sync, require_may_sync
from inventory.admin.excel.forms import AsOfForm, WorkbookForm
from inventory.admin.excel.pages import LIST, ROWS_PER_PAGE, show, sight_of, sync_url
from inventory.admin.excel.previewing import preview_context
from inventory.admin.sight import sees_expected
from inventory.admin.upload_links import upload_url
from inventory.excel.committing import commit_workbook, preview_workbook
from inventory.excel.receiving import receive_workbook, set_as_of
from inventory.models import ExcelSync, Upload
from inventory.uploads.keeping import discard_upload
from inventory.uploads.stored import reading_of

Status = Upload.Status


def upload_page(screen: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    require_may_sync(request)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and (form.is_valid() or set(form.errors) == {"as_of"}):
        return _receive(request, form)
    return show(screen, request, "upload", "Upload a workbook", form=form)


def _receive(request: HttpRequest, form: WorkbookForm) -> HttpResponse:
    """A file that came is not lost because a time was mistyped: the preview asks for the time again."""
    given = form.cleaned_data
    upload = receive_workbook(
        content=given["file"].read(),
        file_name=given["file"].name or "file",
        location=given["location"],
        by=request.user,
        as_of=given.get("as_of"),
        saved_at=given.get("file_changed"),
    )
    for problem in form.errors.get("as_of", []):
        messages.warning(request, f"The as-of time was not used: {problem} Correct it below.")
    return redirect(upload_url(upload))


def preview_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    upload = _upload(request, pk)
    if upload.status == Status.CONFIRMED:
        sync = upload.syncs.order_by("pk").first()
        return redirect(sync_url(sync)) if sync else redirect(LIST)
    if upload.status != Status.PREVIEWED:
        return _closed_page(screen, request, upload)
    return _preview(screen, request, upload)


def _upload(request: HttpRequest, pk: int) -> Upload:
    if not request.user.has_perm("inventory.view_upload"):
        require_may_sync(request)
    rows = Upload.objects.select_related("location", "uploaded_by")
    return get_object_or_404(rows, pk=pk, kind=Upload.Kind.STOCK)


def _preview(
    screen: "ModelAdmin[Any]", request: HttpRequest, upload: Upload, problems: AsOfForm | None = None
) -> HttpResponse:
    sight = sight_of(request)
    auto_fix = sight.expected and "auto_fix" in request.GET
    preview = preview_workbook(upload, auto_fix=auto_fix)
    query = request.GET.urlencode()
    return show(
        screen,
        request,
        "preview",
        f"Preview: {upload.file_name}",
        status=409 if problems else 200,
        upload=upload,
        as_of_form=problems or AsOfForm(initial={"as_of": localtime(preview.as_of)}),
        auto_fix=auto_fix,
        is_mine=may_sync(request.user) and upload.uploaded_by_id == request.user.pk,
        commit_url=upload_url(upload, "commit"),
        discard_url=upload_url(upload, "discard"),
        as_of_url=upload_url(upload, "as_of") + (f"?{query}" if query else ""),
        **preview_context(preview, request, sight),
    )


def _closed_page(screen: "ModelAdmin[Any]", request: HttpRequest, upload: Upload) -> HttpResponse:
    reading = reading_of(upload)
    first = ExcelSync.objects.filter(upload__sha256=upload.sha256, upload__status=Status.CONFIRMED)
    return show(
        screen,
        request,
        "refused",
        f"{upload.get_status_display()}: {upload.file_name}",
        upload=upload,
        reading=reading,
        errors=page_of_rows(request, reading.errors, ROWS_PER_PAGE),
        first_sync=first.order_by("pk").first() if upload.status == Status.REFUSED else None,
    )


def as_of_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """A new as-of time, and the preview compared again; a refused one is shown beside what was typed."""
    require_may_sync(request)
    upload, form = _upload(request, pk), AsOfForm(request.POST)
    if form.is_valid():
        try:
            set_as_of(upload=upload, as_of=form.cleaned_data["as_of"], by=request.user)
        except Refused as refusal:
            for sentence in refusal.problems:
                form.add_error("as_of", sentence)
    if form.errors and upload.status == Status.PREVIEWED:
        return _preview(screen, request, upload, form)
    if form.errors:
        messages.error(request, " ".join(str(each) for each in form.errors["as_of"]))
    else:
        messages.success(request, "The as-of time is changed, and every row is compared again.")
    query = request.GET.urlencode()
    return HttpResponseRedirect(upload_url(upload) + (f"?{query}" if query else ""))


def commit_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """Auto-fix is for people who saw what it would post."""
    require_may_sync(request)
    upload = _upload(request, pk)
    auto_fix = sees_expected(request) and "auto_fix" in request.POST
    try:
        sync = commit_workbook(upload=upload, by=request.user, auto_fix=auto_fix)
    except Refused as refusal:
        for sentence in refusal.problems:
            messages.error(request, sentence)
        return redirect(upload_url(upload))
    messages.success(request, f"“{upload.file_name}” is synced. Thank you.")
    return redirect(sync_url(sync))


def discard_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_sync(request)
    upload = _upload(request, pk)
    try:
        discard_upload(upload=upload, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(upload_url(upload))
    messages.success(request, f"“{upload.file_name}” is discarded. Nothing was synced.")
    return redirect(LIST)
