"""Receiving a count that still has to be confirmed: a file, or quantities typed in."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.counting.submission import CountRefused, counted_item, problems_with
from inventory.counting.uploads.checking import (
    blocking_problems,
    check_file,
    other_warnings,
    rows_hash,
)
from inventory.counting.uploads.placing import Place
from inventory.models import CountSheet, Upload, Zone
from inventory.uploads.keeping import keep_upload, sha256
from inventory.uploads.stored import CheckedLine, SheetRows, StoredReading


def receive_upload(
    *,
    content: bytes,
    file_name: str,
    zone: Zone | None,
    counted_at: datetime,
    by: Any | None,
    sheet: CountSheet | None = None,
) -> Upload:
    """Read and check a file; store it as previewed, or as refused with its reasons and without its content.

    `zone` may be None when the file carries the id of one of our sheets; `sheet` is the planned sheet it was
    brought to, if any. Refusals are in the answer: `upload.status`, and `reading_of(upload).errors`.
    """
    checked = check_file(content=content, file_name=file_name, zone=zone, counted_at=counted_at, sheet=sheet)
    return keep_upload(
        content=content,
        file_name=file_name,
        reading=checked.reading,
        by=by,
        zone=checked.zone,
        counted_at=counted_at,
    )


def receive_typed(
    *, counts: Sequence[tuple[str, Decimal | None]], sheet: CountSheet, counted_at: datetime, by: Any
) -> Upload:
    """Quantities typed in for a planned sheet, as (item code, counted or None), to be previewed like a file.

    Takes the place of what the same person typed in for this sheet before and did not confirm.
    Raises CountRefused with every problem at once, storing nothing.
    """
    lines = tuple(
        CheckedLine(code, counted, "" if counted is None else f"{counted:f}", "", number, f"Line {number}")
        for number, (code, counted) in enumerate(counts, 1)
    )
    problems = [sentence for _, sentence in problems_with([counted_item(line) for line in lines], counted_at)]
    problems = problems or blocking_problems(Place(sheet.zone), lines, counted_at)
    if problems:
        raise CountRefused(problems)
    counted = sum(line.counted is not None for line in lines)
    reading = StoredReading(
        source=CountSheet.Source.TYPED,
        answers=sheet.code,
        rows_hash=rows_hash(lines),
        sheets=(SheetRows("Typed in", True, len(lines), counted, 0, len(lines) - counted),),
        lines=lines,
        warnings=tuple(other_warnings(sheet.zone, lines)),
    )
    earlier = Upload.objects.filter(uploaded_by=by, status=Upload.Status.PREVIEWED)
    earlier = earlier.filter(reading__source=CountSheet.Source.TYPED, reading__answers=sheet.code)
    content = json.dumps([sheet.code, counted_at.isoformat(), reading.to_json()["lines"]]).encode()
    with transaction.atomic():
        earlier.update(status=Upload.Status.DISCARDED)
        return Upload.objects.create(
            file_name=f"Typed in, {sheet.code}",
            sha256=sha256(content),
            size=len(content),
            status=Upload.Status.PREVIEWED,
            zone=sheet.zone,
            counted_at=counted_at,
            reading=reading.to_json(),
            uploaded_by=by,
        )
