"""One item in several lots or bins: the rows of a walk-sheet put together, with a note for each item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .codes import isolated
from .results import ReadLine


@dataclass(frozen=True, slots=True)
class CombinedLine:
    """One item. `counted` is None when any of its rows was not counted, because the whole is then unknown."""

    item_code: str
    counted: Decimal | None
    unit: str
    description: str
    expected_on_sheet: Decimal | None
    counted_at: str
    from_rows: tuple[tuple[str, int], ...]
    lines: tuple[ReadLine, ...]


def combine_lots(lines: Iterable[ReadLine]) -> tuple[tuple[CombinedLine, ...], tuple[str, ...]]:
    """The items in order of their first row, and a note for every item that stands on more than one."""
    groups: dict[str, list[ReadLine]] = {}
    for line in lines:
        groups.setdefault(line.item_code, []).append(line)
    combined = tuple(_combine(group) for group in groups.values())
    return combined, tuple(_note(line) for line in combined if len(line.lines) > 1)


def _combine(group: list[ReadLine]) -> CombinedLine:
    first = group[0]
    return CombinedLine(
        item_code=first.item_code,
        counted=_sum([line.counted for line in group]),
        unit=first.unit,
        description=first.description,
        expected_on_sheet=_sum([line.expected_on_sheet for line in group]),
        counted_at=first.counted_at,
        from_rows=tuple((line.sheet, line.row) for line in group),
        lines=tuple(group),
    )


def _sum(parts: list[Decimal | None]) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _note(line: CombinedLine) -> str:
    several_sheets = len({sheet for sheet, _ in line.from_rows}) > 1
    places = ", ".join(
        f"sheet “{sheet}” row {row}" if several_sheets else f"row {row}" for sheet, row in line.from_rows
    )
    parts = " + ".join(
        f"{part.counted:f}" + (f" ({_whereabouts(part)})" if _whereabouts(part) else "")
        for part in line.lines
        if part.counted is not None
    )
    start = f"{isolated(line.item_code)} is on {len(line.lines)} rows with different lots or bins ({places})"
    if line.counted is not None:
        return f"{start}: {parts} = {line.counted:f}."
    if not parts:
        return f"{start}: none of them was counted."
    return f"{start}: only {parts} was counted, so the item as a whole was not. Enter 0 where there is none."


def _whereabouts(line: ReadLine) -> str:
    return ", ".join(filter(None, (line.lot and f"lot {line.lot}", line.bin and f"bin {line.bin}")))
