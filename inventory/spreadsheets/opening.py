"""From bytes to sheets: recognises the file, scans it, and hands it to the reader of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .cells import Cell, Row, Sheet, column_letters
from .columns import Layout
from .delimited import read_delimited
from .kinds import recognise, zip_kind
from .limits import Limits
from .results import UnreadableFile
from .zip_scan import open_checked_zip


@dataclass
class OpenedFile:
    kind: str
    sheets: Iterable[Sheet]
    warnings: list[str] = field(default_factory=list)
    saved_at: str = ""


def open_file(content: bytes, file_name: str, layout: Layout, limits: Limits) -> OpenedFile:
    """Only what the file's own kind needs is imported: a child process starts anew for every file."""
    kind = recognise(content)
    if kind == "text":
        sheet, notes = read_delimited(content, file_name, layout, limits)
        return OpenedFile("csv", [sheet], notes)
    if kind == "xls":
        from .xls import read_xls

        return OpenedFile("xls", read_xls(content))
    archive = open_checked_zip(content, limits)
    kind = zip_kind(archive)
    if kind == "ods":
        from .ods import ods_saved_at, read_ods

        return OpenedFile("ods", read_ods(archive), saved_at=ods_saved_at(archive))
    from .xlsx import Workbook

    warnings = ["The workbook contains macros. They were not run; only its values were read."]
    workbook = Workbook(archive)
    return OpenedFile(kind, workbook.sheets(), warnings if kind == "xlsm" else [], workbook.saved_at())


@dataclass
class Tally:
    """What a sheet was seen to hold, for the limits and for comparing with a second reader.

    `plain` leaves out what the second reader shows as empty: errors, blanks, formulas without a result.
    """

    plain: int = 0
    last_row: int = 0
    last_column: int = 0


def within_limits(sheet: Sheet, limits: Limits, tally: Tally, cells_before: int) -> Iterator[Row]:
    """The rows of a sheet, ending with a sentence at the first that goes beyond a limit."""
    cells = cells_before
    for row in sheet.rows:
        tally.last_row = row.number
        tally.last_column = max(tally.last_column, max(row.cells))
        tally.plain += sum(_is_plain(cell) for cell in row.cells.values())
        cells += len(row.cells)
        excess = _excess(row, cells, limits)
        if excess:
            raise UnreadableFile(f"Sheet “{sheet.name}” {excess}, save and upload again.")
        yield row


def _is_plain(cell: Cell) -> bool:
    return cell.kind not in {"error", "formula"} and not cell.text.isspace()


def _excess(row: Row, cells: int, limits: Limits) -> str:
    if row.number > limits.rows:
        return (
            f"has something in row {row.number:,}; at most {limits.rows:,} rows are read."
            " Delete everything below the data"
        )
    if max(row.cells) > limits.columns:
        return (
            f"has something in column {column_letters(max(row.cells))} of row {row.number:,}; at most"
            f" {limits.columns} columns are read. Delete everything beside the data"
        )
    if cells > limits.cells:
        return f"takes the file above {limits.cells:,} filled cells. Split it into several files"
    return ""
