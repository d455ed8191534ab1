"""All sheets of a file together: which were read, what they add up to, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from .cells import Row, Sheet, column_letters
from .columns import Layout
from .dated_columns import describe_choice, find_dated_heading, with_latest_day
from .divided_headings import divided_amount
from .duplicates import mark_duplicates
from .headings import HeadingRow, describe_missing, find_heading
from .limits import Limits
from .opening import Tally, open_file, within_limits
from .results import CellError, IgnoredRow, SheetSummary, UnreadableFile
from .rows import Record, RowReader, SheetRows, row_text

_SHEET_CODE = re.compile(r"(?<![A-Z0-9-])CS-[A-Z0-9]{8}(?![A-Z0-9])")


@dataclass
class SheetFound:
    name: str
    visible: bool
    heading: HeadingRow | None = None
    rows: SheetRows = field(default_factory=SheetRows)
    conflicts: list[CellError] = field(default_factory=list)


@dataclass
class Gathered:
    """The file as read. `tallies` are for the comparison with a second reader."""

    kind: str
    warnings: list[str]
    saved_at: str = ""
    sheets: list[SheetFound] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    sheet_codes: dict[str, CellError] = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        return chain.from_iterable(sheet.rows.records for sheet in self.sheets)

    def errors(self) -> Iterator[CellError]:
        """In file order: sheet by sheet, row by row, left to right."""
        clash = list(self.sheet_codes.values()) if len(self.sheet_codes) > 1 else []
        for sheet in self.sheets:
            yield from (error for error in clash if error.sheet == sheet.name)
            yield from sheet.conflicts
            for record in sheet.rows.records:
                yield from sorted(record.errors, key=lambda error: (len(error.column), error.column))


def gather(content: bytes, file_name: str, layout: Layout, limits: Limits) -> Gathered:
    """Raises UnreadableFile when there is nothing to show row by row."""
    opened = open_file(content, file_name, layout, limits)
    result = Gathered(opened.kind, opened.warnings, saved_at=opened.saved_at)
    missing: list[str] = []
    for sheet in opened.sheets:
        if sheet.visible:
            result.sheets.append(_read_sheet(sheet, layout, limits, result, missing))
        else:
            result.sheets.append(SheetFound(sheet.name, visible=False))
            result.warnings.append(f"Sheet “{sheet.name}” is hidden and was not read.")
    _refuse_if_nothing(result, missing)
    result.warnings.extend(f"{sentence}. None of its rows were read." for sentence in missing)
    letters = {
        sheet.name: column_letters(sheet.heading.columns[layout.anchor]) for sheet in result.sheets if sheet.heading
    }
    mark_duplicates(result.records(), layout, letters)
    return result


def summarise(sheet: SheetFound, layout: Layout) -> SheetSummary:
    """Every data row is counted, refused or not counted; a conflict of columns refuses all of the sheet."""
    records = sheet.rows.records
    refused = len(records) if sheet.conflicts else sum(bool(record.errors) for record in records)
    sound = [] if sheet.conflicts else [record for record in records if not record.errors]
    counted = sum(not layout.amount or record.values[layout.amount] is not None for record in sound)
    return SheetSummary(
        name=sheet.name,
        visible=sheet.visible,
        header_row=sheet.heading.row if sheet.heading else None,
        columns=sheet.heading.columns_read() if sheet.heading else (),
        rows_in=len(records),
        rows_counted=counted,
        rows_refused=refused,
        rows_not_counted=len(sound) - counted,
        ignored=tuple(sheet.rows.ignored),
        blank_rows=sheet.rows.blank_rows,
    )


def _read_sheet(sheet: Sheet, layout: Layout, limits: Limits, result: Gathered, missing: list[str]) -> SheetFound:
    tally = Tally()
    before = sum(other.plain for other in result.tallies.values())
    rows = within_limits(sheet, limits, tally, before)
    result.tallies[sheet.name] = tally
    first, rest = _first_rows(rows, limits.header_rows)
    _note_sheet_codes(sheet.name, first, result)
    heading = find_heading(first, layout)
    if heading is None:
        dated = find_dated_heading(first, layout)
        if dated:
            first, rest = [*first, *rest], iter(())  # which day is the latest shows only at the end
            heading = with_latest_day(*dated, first, layout)
            result.warnings.append(describe_choice(sheet.name, heading, dated[1], layout))
    if heading is None:
        filled = len(first) + sum(1 for _ in rest)
        if filled:
            missing.append(f"Sheet “{sheet.name}” {describe_missing(first, layout, limits.header_rows)}")
        return SheetFound(sheet.name, visible=True)
    merges = sheet.merges() if layout.fill_down else ()
    conflicts = heading.conflicts(sheet.name, layout)
    if layout.fill_down:
        divided = divided_amount(sheet.name, heading, layout, merges, first)
        conflicts.extend([divided] if divided else [])
    reader = RowReader(sheet.name, heading, layout, merges)
    above = [IgnoredRow(row.number, "title", row_text(row)) for row in first if row.number < heading.row]
    found = reader.read(chain((row for row in first if row.number > heading.row), rest))
    found.ignored[:0] = above
    result.warnings.extend(found.warnings)
    return SheetFound(sheet.name, True, heading, found, conflicts)


def _first_rows(rows: Iterator[Row], header_rows: int) -> tuple[list[Row], Iterator[Row]]:
    first: list[Row] = []
    for row in rows:
        if row.number > header_rows:
            return first, chain([row], rows)
        first.append(row)
    return first, rows


def _note_sheet_codes(sheet: str, rows: list[Row], result: Gathered) -> None:
    """Our own printed sheets carry their id near the top ("Sheet CS-7F3K2M9Q")."""
    for row in rows:
        for column, cell in row.cells.items():
            for code in _SHEET_CODE.findall(cell.text):
                letter = column_letters(column)
                result.sheet_codes.setdefault(
                    code,
                    CellError(
                        sheet,
                        row.number,
                        letter,
                        f"Sheet “{sheet}”, row {row.number}, column {letter}: the file carries more"
                        " than one sheet id"
                        f" (here {code}). Upload each walk-sheet as a file of its own.",
                    ),
                )


def _refuse_if_nothing(result: Gathered, missing: list[str]) -> None:
    visible = [sheet for sheet in result.sheets if sheet.visible]
    if not visible:
        raise UnreadableFile("The file has no visible sheet. Unhide the sheet with the counts and upload again.")
    if not any(tally.last_row for tally in result.tallies.values()):
        raise UnreadableFile("The file has no filled cell that can be read. Fill in the counts and upload again.")
    if not any(sheet.heading for sheet in visible):
        raise UnreadableFile(". ".join(missing) + ".")
    if not any(sheet.rows.records for sheet in visible):
        raise UnreadableFile("The file has headings but no rows below them. Fill in the counts and upload again.")
