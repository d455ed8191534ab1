"""What `Upload.reading` holds: everything read from a file, checked, in a form that JSON can keep."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from inventory.models import Upload


@dataclass(frozen=True)
class Problem:
    """Something to put right. `row` is None and `column` "" when the file or the form as a whole is meant."""

    sheet: str
    row: int | None
    column: str
    message: str


@dataclass(frozen=True)
class SheetRows:
    """Rows in and rows out of one sheet: rows in = counted + refused + not counted.

    `ignored` are filled rows that are no data: (row, why, what it says).
    """

    name: str
    visible: bool
    rows_in: int
    counted: int
    refused: int
    not_counted: int
    ignored: tuple[tuple[int, str, str], ...] = ()
    columns: str = ""


@dataclass(frozen=True)
class CheckedLine:
    """One item, from one row or from several put together. `read` is what stood in the file."""

    item_code: str
    counted: Decimal | None
    read: str
    sheet: str
    row: int
    place: str
    rows: int = 1
    description: str = ""
    unit: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row of a stock workbook that cannot be used; the rest of the file can."""

    sheet: str
    row: int
    item_code: str
    stated: str
    message: str


@dataclass(frozen=True)
class StoredReading:
    """`source` is a CountSheet.Source or an ExcelSync.Source. `answers` is the code of the planned sheet that this
    count is for, if any; `first_sheet` the sheet that was counted with the same bytes, or the same sheet id, before.
    `dated` says of a stock workbook where its as-of time comes from."""

    source: str
    file_kind: str = ""
    answers: str = ""
    first_sheet: str = ""
    rows_hash: str = ""
    sheets: tuple[SheetRows, ...] = ()
    lines: tuple[CheckedLine, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    errors: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    dated: str = ""

    def total(self, figure: str) -> int:
        """`rows_in`, `counted`, `refused` or `not_counted` over all sheets."""
        return sum(int(getattr(sheet, figure)) for sheet in self.sheets)

    def without_content(self) -> "StoredReading":
        """What is kept of a refused file: its problems and its figures."""
        bare = tuple(
            replace(sheet, ignored=tuple((row, why, "") for row, why, _ in sheet.ignored)) for sheet in self.sheets
        )
        return replace(self, lines=(), refused=(), sheets=bare)

    def to_json(self) -> dict[str, Any]:
        stored = asdict(replace(self, lines=()))  # asdict copies every line, at a cost, for nothing
        stored["lines"] = [
            [each.item_code, None if each.counted is None else str(each.counted)]
            + [each.read, each.sheet, each.row, each.place, each.rows, each.description, each.unit]
            for each in self.lines
        ]
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "StoredReading":
        return cls(
            **{key: stored[key] for key in ("source", "file_kind", "answers", "first_sheet", "rows_hash")},
            sheets=tuple(
                SheetRows(**{**each, "ignored": tuple((row, why, text) for row, why, text in each["ignored"])})
                for each in stored["sheets"]
            ),
            lines=tuple(
                CheckedLine(code, None if counted is None else Decimal(counted), *rest)
                for code, counted, *rest in stored["lines"]
            ),
            refused=tuple(RefusedRow(**each) for each in stored.get("refused", ())),
            errors=tuple(Problem(**each) for each in stored["errors"]),
            warnings=tuple(stored["warnings"]),
            dated=stored.get("dated", ""),
        )


def reading_of(upload: Upload) -> StoredReading:
    return StoredReading.from_json(upload.reading)
