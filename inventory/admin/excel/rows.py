"""A row of a workbook as the pages show it, whether it is only previewed or stored.

What the viewer may not see is left out here, so that no template can show it by mistake.
"""

from dataclasses import dataclass
from decimal import Decimal

from inventory.admin.excel.kinds import Kind, kind_of
from inventory.excel.comparing import ComparedRow
from inventory.excel.results import cost_free
from inventory.models import SyncLine


@dataclass(frozen=True)
class Sight:
    """What this viewer may see: expected quantities and what follows from them; what differences cost."""

    expected: bool
    cost: bool


@dataclass(frozen=True)
class ShownRow:
    """`line` is the stored one, for its decision; None in a preview and for a viewer who may not see it."""

    kind: Kind
    item_code: str
    description: str
    unit: str
    sheet: str
    row: int | None
    rows: int
    stated: str
    counted: Decimal | None
    expected: Decimal | None = None
    variance: Decimal | None = None
    percent: Decimal | None = None
    value: Decimal | None = None
    unentered: Decimal = Decimal(0)
    why: str = ""
    reason: str = ""
    line: SyncLine | None = None

    @property
    def has_difference(self) -> bool:
        return bool(self.variance)


def of_comparison(row: ComparedRow, sight: Sight) -> ShownRow | None:
    kind = kind_of(row.outcome, is_flagged=row.is_flagged, unentered=row.unentered, seen=sight.expected)
    if kind is None:
        return None
    place = (row.sheet, row.row, row.rows, row.stated, row.counted)
    said = (kind, row.item_code, row.description, row.unit, *place)
    if not sight.expected:
        return ShownRow(*said, why=_told_to_all(kind, row.why))
    return ShownRow(
        *said,
        *(row.expected, row.variance, row.percent, row.value if sight.cost else None, row.unentered),
        why=row.why if sight.cost else cost_free(row.why),
        reason=row.suggested_reason,
    )


def of_line(line: SyncLine, sight: Sight) -> ShownRow | None:
    kind = kind_of(line.classification, is_flagged=line.is_flagged, unentered=line.unentered, seen=sight.expected)
    if kind is None:
        return None
    place = (line.sheet, line.row, line.rows, line.stated, line.counted)
    said = (kind, line.item_code, line.description, line.item.unit if line.item else "", *place)
    if not sight.expected:
        return ShownRow(*said, why=_told_to_all(kind, line.why))
    return ShownRow(
        *said,
        *(line.expected, line.variance, line.variance_pct, line.variance_value if sight.cost else None),
        unentered=line.unentered,
        why=line.why if sight.cost else cost_free(line.why),
        reason=line.suggested_reason,
        line=line,
    )


def _told_to_all(kind: Kind, why: str) -> str:
    """Why a row was refused is about the row itself; any other why may tell what was expected."""
    return why if kind.key == "refused" else ""
