"""A workbook that somebody brings: read and checked, so that every row is accounted for before anything is stored."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from approvals import audit
from approvals.clock import now
from inventory.excel.context import SubmittedWorkbook
from inventory.excel.scopes import Scope
from inventory.excel.submission import problems_before, said_before
from inventory.models import ExcelSync, Location, Upload
from inventory.spreadsheets import Reading, ReadLine, SheetSummary, UnreadableFile, combine_lots
from inventory.spreadsheets.stock_sheet import read_stock_sheet
from inventory.uploads.keeping import UploadRefused, keep_upload, only_the_uploader, sha256
from inventory.uploads.rows import checked_line, sheet_rows
from inventory.uploads.stored import Problem, RefusedRow, SheetRows, StoredReading, reading_of


def receive_workbook(
    *,
    content: bytes,
    file_name: str,
    location: Location,
    by: Any | None,
    as_of: datetime | None = None,
    saved_at: datetime | None = None,
    source: str = ExcelSync.Source.UPLOAD,
) -> Upload:
    """Read and check a workbook; store it as previewed, or as refused with its reasons and without its content.

    `as_of` is when what it says was true. Unsaid, it is when the workbook says it was last saved, else `saved_at`
    (when its file was), else now. Rows that cannot be used are refused alone; the file as a whole only when it cannot
    be read, was synced before, or cannot be about this location.
    """
    reading, saved, problems = _read(content, file_name)
    when, dated = _dated(as_of, saved, saved_at, by)
    stored = replace(_stored(reading, source) if reading else StoredReading(source=source), dated=dated)
    problems = problems or list(said_before(sha256(content))) or _objections(location, when, stored)
    if problems:
        stored = _with_problems(stored, problems)
    return keep_upload(
        content=content,
        file_name=file_name,
        reading=stored,
        by=by,
        kind=Upload.Kind.STOCK,
        location=location,
        counted_at=when,
        saved_at=saved_at,
    )


def _dated(
    said: datetime | None, saved: datetime | None, saved_at: datetime | None, by: Any | None
) -> tuple[datetime, str]:
    """When what the workbook says was true, and who says so."""
    if said:
        return said, f"as {by} said" if by else "as it was brought with"
    if saved:
        return saved, "when the workbook says it was last saved"
    if saved_at:
        return saved_at, "when the file was last changed"
    return now(), "when it was brought, because the file does not say when it was saved"


def _read(content: bytes, file_name: str) -> tuple[Reading | None, datetime | None, list[str]]:
    zone = ZoneInfo(settings.COUNT_TIME_ZONE)
    try:
        reading = read_stock_sheet(content, file_name=file_name, time_zone=zone)
    except UnreadableFile as error:
        return None, None, [str(error)]
    saved = reading.saved_at
    return reading, saved if saved and saved <= now() else None, []


def _objections(location: Location, as_of: datetime, reading: StoredReading) -> list[str]:
    blocked, _ = problems_before(SubmittedWorkbook(0, location.pk, as_of, False, Scope.WORKBOOK, reading))
    return blocked


def _with_problems(reading: StoredReading, problems: Iterable[str]) -> StoredReading:
    return replace(reading, errors=tuple(Problem("", None, "", sentence) for sentence in problems))


def set_as_of(*, upload: Upload, as_of: datetime, by: Any) -> Upload:
    """Say when what a previewed workbook states was true. Raises UploadRefused, changing nothing."""
    only_the_uploader(upload, by, "date")
    problems = _objections(_location(upload), as_of, reading_of(upload))
    if problems:
        raise UploadRefused(problems)
    changed = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PREVIEWED).update(
        counted_at=as_of, reading={**upload.reading, "dated": f"as {by} said"}
    )
    upload.refresh_from_db()
    if not changed:
        raise UploadRefused(f"“{upload.file_name}” is {upload.get_status_display().lower()} already.")
    audit.append(actor=by, verb="upload.dated", entity_ref=f"upload:{upload.pk}", details={"as_of": as_of.isoformat()})
    return upload


def _location(upload: Upload) -> Location:
    if upload.location is None:
        raise UploadRefused(f"“{upload.file_name}” is no stock workbook of a location. Upload it again.")
    return upload.location


# -- from what was read to what is kept -----------------------------------------------------------------------


def _stored(reading: Reading, source: str) -> StoredReading:
    refused = [RefusedRow(r.sheet, r.row, r.item_code, r.stated, " ".join(r.messages)) for r in reading.refused]
    whole, broken = _without_broken_items(reading.lines, refused)
    combined, notes = combine_lots(whole)
    refused += broken
    several = len([sheet for sheet in reading.sheets if sheet.rows_in]) > 1
    lines = tuple(checked_line(line, several_sheets=several) for line in combined)
    order = {sheet.name: number for number, sheet in enumerate(reading.sheets)}
    return StoredReading(
        source=source,
        file_kind=reading.file_kind,
        sheets=tuple(_sheet_rows(sheet, broken) for sheet in reading.sheets),
        lines=lines,
        refused=tuple(sorted(refused, key=lambda row: (order.get(row.sheet, -1), row.row))),
        warnings=(*reading.warnings, *notes),
    )


def _without_broken_items(
    lines: Iterable[ReadLine], refused: Iterable[RefusedRow]
) -> tuple[list[ReadLine], list[RefusedRow]]:
    """An item of which one lot cannot be read is not known as a whole: its other rows are refused with it."""
    broken = {row.item_code: row for row in refused if row.item_code}
    whole: list[ReadLine] = []
    parts: list[RefusedRow] = []
    for line in lines:
        other = broken.get(line.item_code)
        if other is None:
            whole.append(line)
            continue
        stated = "" if line.counted is None else f"{line.counted:f}"
        why = (
            f"Sheet “{line.sheet}”, row {line.row}: {line.item_code} is also on row {other.row} of sheet "
            f"“{other.sheet}”, which cannot be read, so the item as a whole is not known. Correct that row."
        )
        parts.append(RefusedRow(line.sheet, line.row, line.item_code, stated, why))
    return whole, parts


def _sheet_rows(sheet: SheetSummary, broken: Iterable[RefusedRow]) -> SheetRows:
    more = [row for row in broken if row.sheet == sheet.name]
    return sheet_rows(sheet, refused=len(more), unstated=sum(not row.stated for row in more))
