"""Turns the rows below a heading into records, and tells data from titles, totals and repeated headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .cells import Cell, Merge, Row, column_letters
from .codes import NotACode, clean_text, read_code
from .columns import Field, Layout, plain_heading
from .headings import HeadingRow
from .merges import MergedDown
from .quantities import NO_WORDS, NotANumber, read_number
from .results import CellError, IgnoredReason, IgnoredRow
from .totals import RunningTotals, is_total, is_total_alone

Value = str | Decimal | None

_LABEL = re.compile(r".*:\s*|[_\-=.\s]{3,}|(counted|checked|approved|signed) by.*|signature|page \d.*", re.IGNORECASE)
_MANY = 3


@dataclass(slots=True)
class Record:
    """One data row: a value for every field of the layout, and what is wrong with it.

    `code_cell` and `amount_cell` are what the cells of the anchor and the amount say, readable or not.
    """

    sheet: str
    row: int
    values: dict[str, Value]
    errors: list[CellError]
    code_cell: str = ""
    amount_cell: str = ""


@dataclass
class SheetRows:
    """Everything found below one heading."""

    records: list[Record] = field(default_factory=list)
    ignored: list[IgnoredRow] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    blank_rows: int = 0


class RowReader:
    """Reads the rows of one sheet, whose columns are known."""

    def __init__(self, sheet: str, heading: HeadingRow, layout: Layout, merges: Sequence[Merge] = ()) -> None:
        self.found = SheetRows()
        self._sheet = sheet
        self._heading = heading
        self._layout = layout
        self._anchor = heading.columns[layout.anchor]
        self._amount = heading.columns.get(layout.amount, 0)
        self._plan = [(each, heading.columns.get(each.name, 0)) for each in layout.fields]
        self._merged = MergedDown(merges, heading.row, set(heading.columns.values()))
        self._fill = [heading.columns[name] for name in sorted(layout.fill_down) if name in heading.columns]
        self._above: dict[Merge, Cell] = {}
        self._split: dict[Merge, list[Record]] = {}
        self._totals = RunningTotals()
        self._hidden: list[int] = []
        self._padded: list[str] = []

    def read(self, rows: Iterable[Row]) -> SheetRows:
        last = self._heading.row
        for row in rows:
            if all(cell.kind == "text" and not clean_text(cell.text) for cell in row.cells.values()):
                continue
            self.found.blank_rows += max(0, row.number - last - 1)
            last = row.number
            if row.hidden:
                self._hidden.append(row.number)
            whole = self._filled_down(row)
            reason = self._why_ignored(whole)
            if reason is None:
                self._take(whole)
            else:
                self.found.ignored.append(IgnoredRow(row.number, reason, row_text(row)))
        self._refuse_what_is_merged()
        self._note_what_was_assumed()
        return self.found

    def _take(self, row: Row) -> None:
        said = read_text(row.cells.get(self._anchor)), read_text(row.cells.get(self._amount))
        record = Record(self._sheet, row.number, {}, [], *said)
        for merge in self._merges_of(row.number):
            self._split.setdefault(merge, []).append(record)
        for each, column in self._plan:
            cell = row.cells.get(column) if column else None
            record.values[each.name] = self._value(record, each, column, cell)
        amount = record.values.get(self._layout.amount)
        self._totals.add(amount if isinstance(amount, Decimal) else None, complete=not record.errors)
        self.found.records.append(record)

    def _value(self, record: Record, each: Field, column: int, cell: Cell | None) -> Value:
        try:
            value = self._read(record.row, each, cell)
        except (NotACode, NotANumber) as error:
            if each.name not in self._layout.lenient:
                self._refuse(record, column, str(error))
            return None if each.kind in {"quantity", "number"} else ""
        if each.required and value in {"", None}:
            cure = "Fill it in (unmerge merged cells), or delete the row; a row of totals needs “Total” here"
            self._refuse(record, column, f"there is no {each.label} on this row. {cure}")
        return value

    def _read(self, row: int, each: Field, cell: Cell | None) -> Value:
        if each.kind in {"quantity", "number"}:
            words = self._layout.words if each.kind == "quantity" else NO_WORDS
            return read_number(cell, decimals=each.decimals, words=words)
        if each.kind == "code":
            code = read_code(cell)
            if code.note:
                self._padded.append(f"row {row}: {code.note}")
            return self._unless_nothing(code.text)
        return read_text(cell, strict=each.name in self._layout.unique)

    def _refuse(self, record: Record, column: int, trouble: str) -> None:
        letter = column_letters(column)
        heading = self._heading.texts.get(column, "")
        place = f"Sheet “{self._sheet}”, row {record.row}, column {letter} (“{heading}”)"
        record.errors.append(CellError(self._sheet, record.row, letter, f"{place}: {trouble}."))

    def _why_ignored(self, row: Row) -> IgnoredReason | None:
        if self._repeats_heading(row):
            return "repeated heading"
        code, amount = self._unless_nothing(self._text(row, self._anchor)), row.cells.get(self._amount)
        if is_total(code):
            self._check_total(row, code, amount)
            return "subtotal"
        if amount is not None and amount.kind == "text" and self._says_nothing(clean_text(amount.text)):
            amount = None
        if self._merged_into(row.number):
            return None
        if code:
            return "title" if amount is None and self._is_title(row, code) else None
        return self._why_without_code(row, amount)

    def _why_without_code(self, row: Row, amount: Cell | None) -> IgnoredReason | None:
        """A row without a code is a total, a title, or a mistake to report."""
        if self._anchor in row.cells and row.cells[self._anchor].kind != "text":
            return None
        texts = [clean_text(cell.text) for cell in row.cells.values() if cell.kind == "text" and cell is not amount]
        label = next((text for text in texts if is_total(text)), "")
        if amount is None:
            if label:
                return "subtotal"
            return "title" if self._amount or len(row.cells) == 1 else None
        agrees = self._totals.agree_with(_number_or_none(amount))
        if is_total_alone(label) or (label and agrees):
            self._check_total(row, label, amount)
            return "subtotal"
        if agrees and not any(texts):
            self._totals.close_section()
            return "subtotal"
        return None

    def _says_nothing(self, text: str) -> bool:
        words = self._layout.words
        return not text or (words.mean_nothing(text) and not words.mean_zero(text))

    def _unless_nothing(self, code: str) -> str:
        """A code, unless it is one of the words for none or nothing: "-" in a list of codes is no item."""
        words = self._layout.words
        return "" if words.mean_nothing(code) or words.mean_zero(code) else code

    def _merges_of(self, number: int) -> set[Merge]:
        """What the code and the amount of this row share with other rows."""
        over = (self._merged.over(number, self._anchor), self._merged.over(number, self._amount))
        return {merge for merge in over if merge}

    def _merged_into(self, number: int) -> bool:
        """Whether the row shares its code or amount with the one above: it says part of what a data row says."""
        return any(merge.first_row < number for merge in self._merges_of(number))

    def _filled_down(self, row: Row) -> Row:
        """The row as it is shown, with what a merged cell of a field to fill down says in it."""
        cells = row.cells
        for column in self._fill:
            merge = self._merged.over(row.number, column)
            if merge is None or merge.first_column != column:
                continue
            if merge.first_row == row.number and column in row.cells:
                self._above[merge] = row.cells[column]
            elif merge in self._above:
                cells = {**cells, column: self._above[merge]}
        return row if cells is row.cells else row._replace(cells=cells)

    def _refuse_what_is_merged(self) -> None:
        """A code or amount that covers several data rows belongs to none of them for certain."""
        for merge, records in self._split.items():
            column = self._anchor if merge.first_column <= self._anchor <= merge.last_column else self._amount
            if len(records) == 1 and records[0].row == merge.first_row:
                continue
            name = self._layout.anchor if column == self._anchor else self._layout.amount
            for record in records:
                self._refuse(
                    record,
                    column,
                    f"the {self._layout.field(name).label} is one merged cell for rows {merge.first_row} to"
                    f" {merge.last_row}, and which of them it belongs to is not certain. Unmerge it and fill in"
                    " every row",
                )

    def _check_total(self, row: Row, label: str, amount: Cell | None) -> None:
        number = _number_or_none(amount)
        if number is not None and not self._totals.agree_with(number, even_single=True) and self._totals.complete:
            self.found.warnings.append(
                f"Sheet “{self._sheet}”, row {row.number}: “{label}” says {number:,f}, but the"
                " counted rows above add"
                f" up to {self._totals.section:,f} since the last total and {self._totals.running:,f}"
                " in all. Only"
                " the rows were read, not the total."
            )
        self._totals.close_section()

    def _is_title(self, row: Row, code: str) -> bool:
        """A remark in the code column. A code without a quantity stays an item that was not counted."""
        if _LABEL.fullmatch(code):
            return True
        alone = len(row.cells) == 1
        no_digit = not any(character.isdigit() for character in code)
        if len(self._heading.texts) >= _MANY:
            return alone and (no_digit or " " in code)
        return alone and no_digit and " " in code

    def _repeats_heading(self, row: Row) -> bool:
        columns = [self._heading.columns[name] for name in self._layout.heading_needs]
        return all(
            plain_heading(self._text(row, column)) == plain_heading(self._heading.texts[column]) for column in columns
        )

    def _text(self, row: Row, column: int) -> str:
        cell = row.cells.get(column)
        return clean_text(cell.text) if cell is not None else ""

    def _note_what_was_assumed(self) -> None:
        if self._hidden:
            self.found.warnings.append(
                f"Sheet “{self._sheet}”: {_rows_named(self._hidden)} hidden and read like every other row."
            )
        if self._padded:
            self.found.warnings.append(
                f"Sheet “{self._sheet}”: {len(self._padded)} code(s) are numbers formatted with"
                " leading zeros and were"
                f" read as shown ({self._padded[0]}). Format the column as text to be sure."
            )


def row_text(row: Row) -> str:
    """What a row says, for showing it to the user."""
    text = " ".join(" ".join(cell.text.split()) for cell in row.cells.values() if cell.text)
    return text if len(text) <= 120 else text[:117] + "..."


def read_text(cell: Cell | None, *, strict: bool = False) -> str:
    """Free text. Whole numbers lose their ".0". A strict field refuses what has no value to compare."""
    if cell is None:
        return ""
    if strict and cell.kind in {"error", "formula"}:
        shown = cell.text or "a formula without a saved result"
        raise NotACode(f"the cell shows {shown}. Type the text")
    if cell.kind != "number":
        return clean_text(cell.text)
    try:
        value = float(cell.text)
    except ValueError:
        return cell.text
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"


def _number_or_none(cell: Cell | None) -> Decimal | None:
    try:
        return read_number(cell)
    except NotANumber:
        return None


def _rows_named(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]} is"
    shown = ", ".join(str(number) for number in numbers[:10])
    return f"rows {shown}{' and more' if len(numbers) > 10 else ''} ({len(numbers)} rows) are"
