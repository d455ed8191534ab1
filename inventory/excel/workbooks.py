"""The workbooks staff get back: what became of each row they uploaded, and what to enter at the end of the day.

Both are new files; the one that was uploaded is never touched. Times and numbers are given, nothing is looked up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import PatternFill

from inventory.excel.pages import Column, Page, Value
from inventory.models import SyncLine
from inventory.spreadsheets.writing import printable

Outcome = SyncLine.Classification

SUMMARY = "Summary"
NOT_IN_FILE = "Not in the file"
UPDATES = "Items to update"
DISCREPANCIES = "Discrepancies"
NOTHING_TO_ENTER = "Nothing was sold: there is nothing to enter."
NO_DISCREPANCY = "No discrepancy: every figure agrees."

# Outcomes in the order of the tally, with their colour: green needs nobody, amber a look, red a decision.
_COLOURS: dict[str, str] = {
    Outcome.MATCH: "DCFCE7",
    Outcome.AUTO_ADJUST: "DBEAFE",
    Outcome.NEW_ITEM: "EDE9FE",
    Outcome.REVIEW: "FEF3C7",
    Outcome.ALERT: "FECACA",
    Outcome.MISSING_HERE: "FED7AA",
    Outcome.MISSING_THERE: "FED7AA",
    Outcome.REFUSED: "FECACA",
    Outcome.NOT_STATED: "F1F5F9",
    Outcome.NOT_AUTHORITY: "F1F5F9",
}
_FILLS = {outcome: PatternFill("solid", fgColor=colour) for outcome, colour in _COLOURS.items()}
_RESULT_COLUMNS = (
    Column("Row", 7),
    Column("Item code", 20, is_code=True),
    Column("Description", 40),
    Column("Stated in the file", 16),
    Column("Read as", 12),
    Column("Expected here", 14),
    Column("Difference", 12),
    Column("Outcome", 16),
    Column("What to do", 70),
)
_OUTCOME = 7
_UPDATE_COLUMNS = (
    Column("Product code", 20, is_code=True),
    Column("Description", 46),
    Column("Previous", 12),
    Column("Sold", 12),
    Column("Remaining", 12),
)
# No heading here may be one of stock: this sheet is not to be read when the workbook comes back.
_DISCREPANCY_COLUMNS = (
    Column("Product code", 20, is_code=True),
    Column("Excel shows", 14),
    Column("System shows", 14),
    Column("Action", 80),
)
_WMS_COLUMNS = (
    Column("Product code", 20, is_code=True),
    Column("Description", 40),
    Column("Outcome", 18),
    Column("WMS shows", 12),
    Column("As of", 20),
    Column("Moved since", 12),
    Column("System shows", 14),
    Column("Difference", 12),
    Column("Value, $", 14),
)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of the upload and what became of it. Without `sheet` it is an item the file leaves out.

    `outcome` is one of `SyncLine.Classification` and is shown by its label.
    """

    sheet: str
    row: int | None
    item_code: str
    description: str
    in_file: Decimal | None
    stated: str
    expected: Decimal | None
    difference: Decimal | None
    outcome: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """An item whose quantity in the staff's workbook is to become `remaining`."""

    item_code: str
    description: str
    previous: Decimal
    sold: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class DiscrepancyRow:
    """An item on which the staff's workbook and the system disagree; None where one of them has no figure."""

    item_code: str
    in_excel: Decimal | None
    here: Decimal | None
    action: str


@dataclass(frozen=True, slots=True)
class WmsRow:
    """An item on which a warehouse system and we do not simply agree; None where there is no figure."""

    item_code: str
    description: str
    outcome: str
    said: Decimal | None
    as_of: str
    moved: Decimal
    here: Decimal | None
    difference: Decimal | None
    value: Decimal | None


def result_workbook(
    *,
    file_name: str,
    facts: Sequence[tuple[str, str]],
    rows: Sequence[ResultRow],
    ignored: Mapping[str, int] | None = None,
) -> bytes:
    """A sheet for every sheet of the upload, its rows in the order given, after a summary of them all.

    `ignored` says how many filled rows of a sheet were titles, totals or repeated headings; a sheet that is named
    only there had no row of data.
    """
    workbook = _new_workbook(f"Result of {file_name}")
    tally: dict[str, Counter[str]] = {name: Counter() for name in ignored or {}}
    for row in rows:
        tally.setdefault(row.sheet, Counter())[row.outcome] += 1
    _write_summary(workbook, file_name, facts, tally, ignored or {})
    pages = {
        name: Page(workbook, name or NOT_IN_FILE, _RESULT_COLUMNS, f"Result of {file_name}")
        for name in sorted(tally, key=lambda name: not name)  # in the order of the file, what is not in it last
    }
    for name, page in pages.items():
        page.make_filterable(tally[name].total())
    for row in rows:
        pages[row.sheet].append(_result_values(row), _result_fills(row))
    return _saved(workbook)


def day_end_workbook(
    *, business_date: date, location: str, updates: Sequence[UpdateRow], discrepancies: Sequence[DiscrepancyRow]
) -> bytes:
    """What to enter, ready to be uploaded again, and a sheet of discrepancies that is not read as stock."""
    title = f"End of day {business_date:%d %b %Y}, {location}"
    workbook = _new_workbook(title)
    page = Page(workbook, UPDATES, _UPDATE_COLUMNS, title)
    for update in updates:
        page.append((update.item_code, update.description, update.previous, update.sold, update.remaining))
    if not updates:
        page.append((NOTHING_TO_ENTER, None, None, None, None))
    page = Page(workbook, DISCREPANCIES, _DISCREPANCY_COLUMNS, title)
    for found in discrepancies:
        page.append((found.item_code, found.in_excel, found.here, found.action))
    if not discrepancies:
        page.append((NO_DISCREPANCY, None, None, None))
    return _saved(workbook)


def wms_workbook(*, title: str, facts: Sequence[tuple[str, Value]], rows: Iterable[WmsRow], shows_value: bool) -> bytes:
    """Where a warehouse system and we disagree, after a summary. It is not read as stock when it comes back."""
    workbook = _new_workbook(title)
    page = Page(workbook, SUMMARY, (Column("Figure", 44), Column("Value", 24)), title)
    for fact in facts:
        page.append(fact)
    columns = _WMS_COLUMNS if shows_value else _WMS_COLUMNS[:-1]
    page, written = Page(workbook, DISCREPANCIES, columns, title), 0
    for row in rows:
        values = (
            *(row.item_code, row.description, row.outcome, row.said, row.as_of, row.moved, row.here, row.difference),
            row.value,
        )
        page.append(values[: len(columns)])
        written += 1
    if written:
        page.make_filterable(written)
    else:
        page.append((NO_DISCREPANCY, *[None] * (len(columns) - 1)))
    return _saved(workbook)


def _label(outcome: str) -> str:
    return Outcome(outcome).label if outcome in _COLOURS else outcome


def _write_summary(
    workbook: Workbook,
    file_name: str,
    facts: Sequence[tuple[str, str]],
    tally: Mapping[str, Counter[str]],
    ignored: Mapping[str, int],
) -> None:
    outcomes = _in_order({outcome for counted in tally.values() for outcome in counted})
    columns = (Column("Sheet", 34), Column("Rows in", 24), *(Column(_label(each), 14) for each in outcomes))
    page = Page(workbook, SUMMARY, (*columns, Column("Not data", 12)), f"Result of {file_name}")
    fills = [None, None, *(_FILLS.get(each) for each in outcomes)]
    for name in sorted(tally, key=lambda name: not name):
        counted = tally[name]
        figures: list[Value] = [counted[outcome] for outcome in outcomes]
        page.append((name or NOT_IN_FILE, counted.total(), *figures, ignored.get(name, 0)), fills)
    together = sum(tally.values(), Counter[str]())
    total: list[Value] = [together[outcome] for outcome in outcomes]
    page.append(("Together", together.total(), *total, sum(ignored.values())))
    blank: list[Value] = [None] * (len(outcomes) + 1)
    page.append((None, None, *blank))
    for label, value in (("File", file_name), *facts):
        page.append((label, value, *blank))


def _in_order(outcomes: Iterable[str]) -> list[str]:
    known = list(_COLOURS)
    return sorted(outcomes, key=lambda each: (known.index(each) if each in _COLOURS else len(known), each))


def _result_values(row: ResultRow) -> tuple[Value, ...]:
    return (
        row.row,
        row.item_code,
        row.description,
        row.stated,
        row.in_file,
        row.expected,
        row.difference,
        _label(row.outcome),
        row.what_to_do,
    )


def _result_fills(row: ResultRow) -> list[PatternFill | None]:
    return [None] * _OUTCOME + [_FILLS.get(row.outcome)]


def _new_workbook(title: str) -> Workbook:
    workbook = Workbook(write_only=True)
    workbook.properties.creator, workbook.properties.title = "Countersign", printable(title)
    return workbook


def _saved(workbook: Workbook) -> bytes:
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()
