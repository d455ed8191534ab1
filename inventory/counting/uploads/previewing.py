"""What an upload would become, row by row, before anything happens.

Counting is blind: for a person who may not see expected quantities nothing is compared at all, so that no
number, order or total can give one away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from approvals.refusals import Refused
from inventory.counting.comparing import ComparedLine, Comparison, compare, ledger_at
from inventory.counting.uploads.checking import Checked, precondition_warnings
from inventory.models import Balance, CountLine, CountSheet, Item, Upload, Zone
from inventory.uploads.stored import CheckedLine, StoredReading, reading_of
from inventory.variance.figures import compute_variance

Classification = CountLine.Classification
FIRST_TO_LAST = [
    Classification.NEEDS_REVIEW,
    Classification.WITHIN_GUARDRAIL,
    Classification.NOT_COUNTED,
    Classification.MATCH,
]


@dataclass(frozen=True)
class PreviewRow:
    """`outcome` is a CountLine.Classification, or "counted" when the viewer counts blind."""

    line: CheckedLine
    description: str
    unit: str
    outcome: str
    why: str = ""
    expected: Decimal | None = None
    variance: Decimal | None = None
    variance_pct: Decimal | None = None
    variance_value: Decimal | None = None


@dataclass(frozen=True)
class Preview:
    """Rows that need a human first; in file order when blind. `comparison` is None when blind."""

    reading: StoredReading
    zone: Zone | None
    counted_at: datetime | None
    sheet: CountSheet | None
    rows: tuple[PreviewRow, ...]
    warnings: tuple[str, ...]
    blocked: tuple[str, ...]
    missing: tuple[str, ...]
    comparison: Comparison | None

    def tally(self) -> dict[str, int]:
        return self.comparison.tally() if self.comparison else {}

    @property
    def items_counted(self) -> int:
        return sum(row.line.counted is not None for row in self.rows)

    @property
    def items_not_counted(self) -> int:
        return len(self.rows) - self.items_counted

    @property
    def confirm_label(self) -> str:
        """What the button will do, in numbers the viewer may know."""
        lines = _lines(self.items_counted)
        if self.comparison is None:
            left = f", {self.items_not_counted:,} not counted" if self.items_not_counted else ""
            return f"Confirm: {lines} counted{left}"
        review = self.tally()[Classification.NEEDS_REVIEW]
        if not review:
            return f"Confirm: {lines}, none goes to the approver"
        return f"Confirm: {lines}, {review:,} {'goes' if review == 1 else 'go'} to the approver"


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def preview_of(upload: Upload, *, show_expected: bool) -> Preview:
    reading = reading_of(upload)
    sheet = CountSheet.objects.filter(code=reading.answers).first() if reading.answers else None
    return _preview(upload.zone, sheet, upload.counted_at, reading, show_expected)


def preview(checked: Checked, *, show_expected: bool) -> Preview:
    """The same for a file that is not stored."""
    return _preview(checked.zone, checked.sheet, checked.counted_at, checked.reading, show_expected)


def _preview(
    zone: Zone | None,
    sheet: CountSheet | None,
    counted_at: datetime | None,
    reading: StoredReading,
    show_expected: bool,
) -> Preview:
    if reading.errors or zone is None or counted_at is None:
        return Preview(reading, zone, counted_at, sheet, (), reading.warnings, (), (), None)
    items = {
        item.item_code: item
        for item in Item.objects.filter(item_code__any_of=[line.item_code for line in reading.lines])
    }
    lines = [line for line in reading.lines if line.item_code in items]
    warnings, blocked = _preconditions(zone, lines, counted_at)
    if sheet and sheet.status != CountSheet.Status.PLANNED:
        state = sheet.get_status_display().lower()
        blocked = [*blocked, f"Sheet {sheet.code} was {state} in the meantime. Discard this count."]
    rows, comparison = _blind_rows(lines, items), None
    if show_expected:
        rows, comparison = _compared_rows(zone, counted_at, lines, items)
    missing = _not_on_file(zone, {item.pk for item in items.values()})
    return Preview(
        reading,
        zone,
        counted_at,
        sheet,
        tuple(rows),
        (*reading.warnings, *warnings),
        tuple(blocked),
        tuple(missing),
        comparison,
    )


def _preconditions(zone: Zone, lines: Sequence[CheckedLine], counted_at: datetime) -> tuple[list[str], list[str]]:
    try:
        return precondition_warnings(zone, lines, counted_at), []
    except Refused as refusal:
        return [], refusal.problems


def _blind_rows(lines: Sequence[CheckedLine], items: Mapping[str, Item]) -> list[PreviewRow]:
    return [
        PreviewRow(
            line,
            items[line.item_code].description,
            items[line.item_code].unit,
            Classification.NOT_COUNTED if line.counted is None else "counted",
        )
        for line in lines
    ]


def _compared_rows(
    zone: Zone, counted_at: datetime, lines: Sequence[CheckedLine], items: Mapping[str, Item]
) -> tuple[list[PreviewRow], Comparison]:
    ledger = ledger_at(zone.location, [items[line.item_code].pk for line in lines], counted_at)
    expected: dict[int, Decimal | None] = {item_id: then for item_id, (_, then) in ledger.items()}
    compared = [
        ComparedLine(item.pk, item.pk, line.counted, ledger[item.pk][1], item.avg_cost, item.case_pack)
        for line, item in ((line, items[line.item_code]) for line in lines)
        if line.counted is not None
    ]
    comparison = compare(compared, zone, expected)
    rows = [_compared_row(line, items[line.item_code], ledger, comparison) for line in lines]
    rows.sort(key=lambda row: FIRST_TO_LAST.index(Classification(row.outcome)))
    return rows, comparison


def _compared_row(
    line: CheckedLine, item: Item, ledger: Mapping[int, tuple[Decimal, Decimal]], comparison: Comparison
) -> PreviewRow:
    expected = ledger[item.pk][1]
    if line.counted is None:
        return PreviewRow(line, item.description, item.unit, Classification.NOT_COUNTED.value, expected=expected)
    figures = compute_variance(line.counted, expected, item.avg_cost)
    outcome, why = comparison.outcomes[item.pk]
    return PreviewRow(
        line,
        item.description,
        item.unit,
        outcome,
        why,
        expected,
        figures.variance,
        figures.percent,
        figures.value,
    )


def _not_on_file(zone: Zone, item_ids: set[int]) -> list[str]:
    """Items at home in the zone that the count does not mention: they stay as they are, and are shown."""
    rows = Balance.objects.filter(zone=zone, item__is_active=True).order_by("item__item_code")
    return [code for pk, code in rows.values_list("item_id", "item__item_code") if pk not in item_ids]
