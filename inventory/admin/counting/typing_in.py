"""Type a count in: one field per item, empty means not counted, 0 means zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from approvals.refusals import Refused
from inventory.admin.counting.access import require_may_count
from inventory.admin.counting.forms import NotAQuantity, TimeForm, read_quantity
from inventory.admin.counting.pages import sheet_url, show
from inventory.admin.upload_links import upload_url
from inventory.counting.uploads import receive_typed
from inventory.counting.walk_sheets.printing import WalkRow, walk_rows
from inventory.models import CountSheet

EXTRA_LINES = 3
Counts = list[tuple[str, Decimal | None]]


@dataclass
class Entry:
    """One field of the page: what was typed into it, and what is wrong with that."""

    name: str
    typed: str
    row: WalkRow | None = None
    code: str = ""
    trouble: str = ""

    @property
    def code_name(self) -> str:
        return self.name.replace("count", "code")


def typing_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_count(request)
    sheet = get_object_or_404(CountSheet.objects.select_related("zone__location"), pk=pk)
    if sheet.status != CountSheet.Status.PLANNED:
        messages.error(request, f"Sheet {sheet.code} is {sheet.get_status_display().lower()} already.")
        return redirect(sheet_url(sheet))
    form = TimeForm(request.POST or None)
    listed, extra = _listed(sheet, request.POST), _extra(request.POST)
    problems: list[str] = []
    if request.method == "POST":
        counts, problems = _read(listed, extra)
        if form.is_valid() and not problems:
            try:
                given = form.cleaned_data["counted_at"]
                upload = receive_typed(counts=counts, sheet=sheet, counted_at=given, by=request.user)
                return redirect(upload_url(upload))
            except Refused as refusal:
                problems = refusal.problems
    return show(
        screen, request, "type", f"Count {sheet.zone}", sheet=sheet, form=form, listed=listed, extra=extra,
        problems=problems,
    )  # fmt: skip


def _listed(sheet: CountSheet, posted: Mapping[str, str]) -> list[Entry]:
    """Fields are named by item code: the zone may change between two looks at the page."""
    return [
        Entry(f"count-{row.item_code}", posted.get(f"count-{row.item_code}", ""), row, row.item_code)
        for row in walk_rows(sheet)
    ]


def _extra(posted: Mapping[str, str]) -> list[Entry]:
    return [
        Entry(
            f"extra-count-{number}",
            posted.get(f"extra-count-{number}", ""),
            None,
            posted.get(f"extra-code-{number}", "").strip(),
        )
        for number in range(1, EXTRA_LINES + 1)
    ]


def _read(listed: list[Entry], extra: list[Entry]) -> tuple[Counts, list[str]]:
    counts: Counts = []
    problems = []
    for entry in [*listed, *(each for each in extra if each.code or each.typed.strip())]:
        try:
            if not entry.code:
                raise NotAQuantity(f"A quantity of {entry.typed} has no item code. Write the code beside it.")
            counts.append((entry.code, read_quantity(entry.typed)))
        except NotAQuantity as trouble:
            entry.trouble = str(trouble)
            problems.append(f"{entry.code}: {trouble}" if entry.code else str(trouble))
    return counts, problems
