"""The smaller things one does with a sheet: put one out, print it, enter a recount, cancel it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from approvals.admin.confirming import Question, ask
from approvals.refusals import Refused
from inventory.admin.counting.access import require_may_count
from inventory.admin.counting.forms import NotAQuantity, TimeForm, ZoneForm, read_quantity
from inventory.admin.counting.pages import sheet_url, show
from inventory.admin.exporting import as_file
from inventory.counting.planning import cancel_sheet, plan_sheet
from inventory.counting.recounts import enter_recount
from inventory.counting.walk_sheets.printing import file_name, walk_sheet_workbook
from inventory.models import CountLine, CountSheet
from inventory.spreadsheets.writing import XLSX


def _sheet(pk: int) -> CountSheet:
    return get_object_or_404(CountSheet.objects.select_related("zone__location"), pk=pk)


def new_sheet_page(screen: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    require_may_count(request)
    form = ZoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sheet = plan_sheet(zone=form.cleaned_data["zone"], by=request.user)
        messages.success(request, f"Sheet {sheet.code} is ready: print it, or type the count in.")
        return redirect(sheet_url(sheet))
    return show(screen, request, "new_sheet", "Count a zone now", form=form)


def print_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """Download the walk-sheet of a planned count; changes nothing."""
    if not screen.has_view_permission(request):
        raise PermissionDenied
    sheet = _sheet(pk)
    if sheet.status != CountSheet.Status.PLANNED:
        state = sheet.get_status_display().lower()
        messages.error(request, f"Sheet {sheet.code} is {state} already. Put out a new one for the zone.")
        return redirect(sheet_url(sheet))
    if form == "xlsx":
        content, kind = walk_sheet_workbook(sheet), XLSX
    else:
        # Where Pango is missing only this page should miss it, not the whole application.
        from inventory.counting.walk_sheets.pdf import walk_sheet_pdf

        content, kind = walk_sheet_pdf(sheet), "application/pdf"
    return as_file(content, file_name(sheet, form), kind)


def recount_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    require_may_count(request)
    line = get_object_or_404(CountLine.objects.select_related("item", "sheet"), pk=line_pk, sheet=pk)
    form = TimeForm(request.POST)
    try:
        counted = read_quantity(request.POST.get("counted", ""))
        if counted is None:
            raise NotAQuantity("Nothing was typed. Enter the quantity, or 0 where there is nothing.")
        if not form.is_valid():
            raise NotAQuantity("Say when it was counted: a date and a time.")
        enter_recount(line=line, counted=counted, counted_at=form.cleaned_data["counted_at"], by=request.user)
        messages.success(request, f"The recount of {line.item.item_code} is entered.")
    except NotAQuantity as trouble:
        messages.error(request, f"{line.item.item_code}: {trouble}")
    except Refused as refusal:
        for sentence in refusal.problems:
            messages.error(request, sentence)
    return redirect(sheet_url(line.sheet))


def cancel_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_count(request)
    sheet = _sheet(pk)

    def carry_out(_: str) -> str:
        cancel_sheet(sheet=sheet, by=request.user)
        return f"Sheet {sheet.code} is cancelled."

    question = Question(
        title=f"Cancel sheet {sheet.code} of zone {sheet.zone}?",
        consequences=(
            "A walk-sheet printed with this id can no longer be uploaded.",
            "No stock changes. The rotation puts out a new sheet for the zone when it is due.",
        ),
        button="Cancel the sheet",
        carry_out=carry_out,
        is_dangerous=True,
        back=sheet_url(sheet),
    )
    return ask(request, screen, sheet, question)
