"""The count that waits for the approver: one line of each kind that a person has to think about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from inventory.counting.submission import CountedItem
from inventory.models import Balance, Zone
from inventory.variance.expected import recent_movements
from inventory.variance.figures import suggest_reason

Stock = list[tuple[Balance, list[tuple[Decimal, str]]]]  # a balance and the goods that moved lately
LEAST_PERCENT = 3  # of what is on hand: beyond the guardrail, so that a person sees it
LARGEST_LINE = Decimal(900)  # US dollars: keeps the sheet below the second signature


@dataclass(frozen=True)
class Puzzle:
    """`off` proposes a variance, None when the balance does not fit; `reason` begins the suggestion."""

    name: str
    reason: str
    off: Callable[[Balance, list[tuple[Decimal, str]]], Decimal | None]


def _timing(row: Balance, recent: list[tuple[Decimal, str]]) -> Decimal | None:
    sizes = [-delta for delta, _ in recent if delta < 0]
    return sizes[0] if sizes else None


def _whole_cases(row: Balance, recent: list[tuple[Decimal, str]]) -> Decimal | None:
    case = row.item.case_pack
    return Decimal(-2 * case) if case and row.quantity_on_hand > 3 * case else None


def _swapped_digits(row: Balance, recent: list[tuple[Decimal, str]]) -> Decimal | None:
    """The leftmost neighbours whose exchange is a plausible slip: no leading zero, not half of the stock."""
    text = f"{row.quantity_on_hand.normalize():f}"
    for n in range(len(text) - 1):
        swapped = text[:n] + text[n + 1] + text[n] + text[n + 2 :]
        if not text.isdigit() or swapped == text or swapped.startswith("0"):
            continue
        off = Decimal(swapped) - row.quantity_on_hand
        if abs(off) < row.quantity_on_hand / 2:
            return off
    return None


def _found(row: Balance, recent: list[tuple[Decimal, str]]) -> Decimal | None:
    return Decimal(12) if row.quantity_on_hand == 0 else None


def _no_cost(row: Balance, recent: list[tuple[Decimal, str]]) -> Decimal | None:
    return Decimal(-5) if row.item.avg_cost is None and row.quantity_on_hand > 5 else None


def _unexplained(row: Balance, recent: list[tuple[Decimal, str]]) -> Decimal | None:
    return -round(row.quantity_on_hand * Decimal("0.13"), 0) - 1 if row.quantity_on_hand > 60 else None


PUZZLES = (
    Puzzle("found", "Found", _found),
    Puzzle("no cost", "", _no_cost),
    Puzzle("swapped digits", "Keying", _swapped_digits),
    Puzzle("timing", "Timing", _timing),
    Puzzle("unit of measure", "Unit of measure", _whole_cases),
    Puzzle("unexplained", "", _unexplained),
)


def puzzling_counts(zone: Zone, counted_at: datetime) -> list[CountedItem]:
    """A count of the zone: every puzzle once where an item fits it, and one line left empty."""
    stock = _stock(zone, counted_at)
    off = dict(_solve(stock))
    empty = next(row.pk for row, _ in reversed(stock) if row.pk not in off)
    return [
        CountedItem(
            row.item.item_code,
            None if row.pk == empty else row.quantity_on_hand + off.get(row.pk, Decimal(0)),
            f"Sheet “Count”, row {number}",
        )
        for number, (row, _) in enumerate(stock, 6)
    ]


def _stock(zone: Zone, counted_at: datetime) -> Stock:
    found = Balance.objects.filter(zone=zone).select_related("item")
    rows = sorted(found, key=lambda row: (row.bin, row.item.item_code))  # databases sort texts differently
    moved = recent_movements(zone.location, {row.item_id: counted_at for row in rows})
    return [(row, [(delta, name) for delta, name, _ in moved.get(row.item_id, [])]) for row in rows]


def _solve(stock: Stock) -> Iterator[tuple[int, Decimal]]:
    used: set[int] = set()
    for puzzle in PUZZLES:
        for row, recent in stock:
            off = puzzle.off(row, recent)
            if row.pk in used or off is None or not _fits(puzzle, row, recent, off):
                continue
            used.add(row.pk)
            yield row.pk, off
            break


def _fits(puzzle: Puzzle, row: Balance, recent: list[tuple[Decimal, str]], off: Decimal) -> bool:
    """The program itself must give the reason the puzzle is named after, and the money must stay ordinary."""
    if row.quantity_on_hand + off < 0 or abs(off) * 100 < LEAST_PERCENT * row.quantity_on_hand:
        return False
    if row.item.avg_cost is not None and abs(off) * row.item.avg_cost > LARGEST_LINE:
        return False
    suggested = suggest_reason(
        counted=row.quantity_on_hand + off,
        expected=row.quantity_on_hand,
        case_pack=row.item.case_pack,
        recent_deltas=recent,
    )
    return suggested.startswith(puzzle.reason) if puzzle.reason else suggested == ""
