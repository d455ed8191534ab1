"""A workbook that is not synced yet: every row, worst first, and what the button will do, in numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from inventory.admin.counting.pages import page_of_rows
from inventory.admin.excel import finding, kinds
from inventory.admin.excel.pages import ROWS_PER_PAGE, SHOWN_APART
from inventory.admin.excel.rows import ShownRow, Sight, of_comparison
from inventory.excel.committing import WorkbookPreview
from inventory.excel.comparing import ComparedRow


@dataclass(frozen=True)
class Tile:
    kind: kinds.Kind
    number: int


def preview_context(preview: WorkbookPreview, request: HttpRequest, sight: Sight) -> dict[str, Any]:
    wanted, sought = wanted_kind(request, sight), finding.sought(request)
    placed = list(_placed(preview.comparison.rows, sight))
    numbers = Counter(kind.key for kind, _ in placed)
    chosen = [(kind, row) for kind, row in placed if _is_wanted(kind, wanted, sought) and finding.has(row, sought)]
    if sight.expected:
        chosen.sort(key=_worst_first(sight))
    apart = [row for kind, row in placed if kind is kinds.EXPLAINED and not wanted and not sought]
    page = page_of_rows(request, [row for _, row in chosen], ROWS_PER_PAGE)
    page.object_list = shown(page.object_list, sight)
    return {
        "preview": preview,
        "reading": preview.reading,
        "comparison": preview.comparison if sight.expected else None,
        "tiles": tiles(numbers, sight),
        "all_rows": len(placed),
        "wanted": wanted,
        "sought": sought,
        "rows": page,
        "explained": shown(apart[:SHOWN_APART], sight),
        "explained_total": len(apart),
        "refused_later": numbers["refused"] - len(preview.reading.refused),
        "commit_label": commit_label(numbers, sight),
    }


def wanted_kind(request: HttpRequest, sight: Sight) -> str:
    """The key of the one kind that is asked for; empty for none, or for one this viewer may not know of."""
    asked = request.GET.get("outcome", "")
    return asked if asked in {kind.key for kind in kinds.kinds_for(seen=sight.expected)} else ""


def tiles(numbers: Mapping[str, int], sight: Sight) -> list[Tile]:
    return [
        Tile(kind, numbers.get(kind.key, 0))
        for kind in kinds.kinds_for(seen=sight.expected)
        if numbers.get(kind.key)
    ]  # fmt: skip


def commit_label(numbers: Mapping[str, int], sight: Sight) -> str:
    """`Sync: 12 adjusted, 3 go to the approver, 1 blocked`; the blind are told what the file holds, no more."""
    if not sight.expected:
        parts = [(numbers.get("stated", 0), "stated"), (numbers.get("new_item", 0), "new")]
        parts.append((numbers.get("refused", 0), "refused"))
    else:
        asked = numbers.get("review", 0) + numbers.get("missing_here", 0)
        parts = [
            (numbers.get("auto_adjust", 0) + numbers.get("flagged", 0), "adjusted"),
            (numbers.get("new_item", 0), "new"),
            (asked, "goes to the approver" if asked == 1 else "go to the approver"),
            (numbers.get("alert", 0), "blocked"),
        ]
    told = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    return f"Sync: {told or 'everything agrees, nothing changes'}"


def shown(rows: Iterable[ComparedRow], sight: Sight) -> list[ShownRow]:
    return [found for row in rows if (found := of_comparison(row, sight)) is not None]


def _placed(rows: Iterable[ComparedRow], sight: Sight) -> Iterable[tuple[kinds.Kind, ComparedRow]]:
    for row in rows:
        kind = kinds.kind_of(
            row.outcome, is_flagged=row.is_flagged, unentered=row.unentered, seen=sight.expected
        )  # fmt: skip
        if kind is not None:
            yield kind, row


def _is_wanted(kind: kinds.Kind, wanted: str, sought: str) -> bool:
    """Without a choice everything but what is explained, which is shown apart."""
    return kind.key == wanted if wanted else bool(sought) or kind is not kinds.EXPLAINED


def _worst_first(sight: Sight) -> Any:
    places = {kind.key: place for place, kind in enumerate(kinds.SEEN)}

    def key(placed: tuple[kinds.Kind, ComparedRow]) -> tuple[int, Decimal]:
        kind, row = placed
        size = row.value if sight.cost else row.variance
        return places[kind.key], -abs(size or Decimal(0))

    return key
