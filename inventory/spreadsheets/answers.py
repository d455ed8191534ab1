"""The child's answer as a `Reading`: lines, refused rows with their reasons, and the time of saving."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from .process import Answer, Value
from .results import Reading, ReadLine, RefusedRow


def as_reading(answer: Answer, *, time_zone: tzinfo = UTC) -> Reading:
    """`time_zone` is that of a time of saving which names none."""
    return Reading(
        file_kind=answer.kind,
        sheets=tuple(answer.sheets),
        lines=tuple(_line(sheet, row, values) for sheet, row, values in answer.rows),
        errors=tuple(answer.errors),
        warnings=tuple(answer.warnings),
        sheet_code=answer.sheet_code,
        saved_at=_moment(answer.saved_at, time_zone),
        refused=tuple(_refused(answer)),
    )


def _line(sheet: str, row: int, values: Mapping[str, Value]) -> ReadLine:
    def text(name: str) -> str:
        return str(values.get(name) or "")

    def number(name: str) -> Decimal | None:
        value = values.get(name)
        return value if isinstance(value, Decimal) else None

    return ReadLine(
        sheet=sheet,
        row=row,
        item_code=text("item_code"),
        counted=number("counted"),
        unit=text("unit"),
        description=text("description"),
        bin=text("bin"),
        lot=text("lot"),
        expected_on_sheet=number("expected"),
        counted_at=text("counted_at"),
    )


def _refused(answer: Answer) -> list[RefusedRow]:
    """A row is refused by its own errors, or by those of its sheet's heading row."""
    reasons: dict[tuple[str, int], list[str]] = {}
    for error in answer.errors:
        reasons.setdefault((error.sheet, error.row), []).append(error.message)
    headings = {sheet.name: sheet.header_row or 0 for sheet in answer.sheets}
    return [
        RefusedRow(
            sheet, row, code, stated, (*reasons.get((sheet, headings[sheet]), ()), *reasons.get((sheet, row), ()))
        )
        for sheet, row, code, stated in answer.refused
    ]


def _moment(text: str, time_zone: tzinfo) -> datetime | None:
    """A day without a time is no moment, and what is no date at all neither."""
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
