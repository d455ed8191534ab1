"""From what the reader found to what is kept of a file: its lines, and the account of its rows."""

from collections.abc import Sequence

from inventory.spreadsheets import CombinedLine, ReadLine, SheetSummary
from inventory.uploads.stored import CheckedLine, SheetRows

SHOWN = 5


def checked_line(line: CombinedLine, *, several_sheets: bool) -> CheckedLine:
    sheet, row = line.from_rows[0]
    numbers = [str(number) for _, number in line.from_rows]
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    rows = f"row{'s' if len(numbers) > 1 else ''} {', '.join(numbers[:SHOWN])}{more}"
    return CheckedLine(
        item_code=line.item_code,
        counted=line.counted,
        read=as_read(line.lines),
        sheet=sheet,
        row=row,
        place=f"Sheet “{sheet[:30]}”, {rows}" if several_sheets else f"Row{rows[3:]}",
        rows=len(numbers),
        description=line.description,
        unit=line.unit,
    )


def as_read(parts: Sequence[ReadLine]) -> str:
    """`12`, or `12 (lot A) + 30 (lot B)` when several rows were put together; "" when nothing was stated."""
    if all(part.counted is None for part in parts):
        return ""
    if len(parts) == 1:
        return f"{parts[0].counted:f}"
    return " + ".join(
        ("empty" if part.counted is None else f"{part.counted:f}")
        + (f" ({part.lot or part.bin})" if part.lot or part.bin else "")
        for part in parts
    )


def sheet_rows(sheet: SheetSummary, *, refused: int, unstated: int) -> SheetRows:
    """The reader's figures, with so many more rows refused, `unstated` of which stated nothing."""
    return SheetRows(
        name=sheet.name,
        visible=sheet.visible,
        rows_in=sheet.rows_in,
        counted=sheet.rows_counted - (refused - unstated),
        refused=sheet.rows_refused + refused,
        not_counted=sheet.rows_not_counted - unstated,
        ignored=tuple((row.row, row.reason, row.text) for row in sheet.ignored),
        columns=", ".join(f"{each.heading} ({each.column})" for each in sheet.columns),
    )
