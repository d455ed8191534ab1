"""Do NetSuite and we agree on a balance? Numbers in, verdict out; plain Python.

"The five-minute mirror reads NetSuite balances by SuiteQL and records parity per balance: equal, pending (explained by
unconfirmed pushes), or drift (alert, never a silent overwrite)." Goods are booked in both systems by others too, a
little apart in time, so a difference is taken seriously when two looks in a row have found it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

LOOKS_TO_SETTLE = 2
FEW_ROWS = 10  # a location with fewer rows may lose some without suspicion
MOST_OPEN = 12  # pushes of unknown fate for one balance whose combinations are tried

Moved = tuple[int, Decimal]  # (push id, by how much)


@dataclass(frozen=True)
class Unconfirmed:
    """Pushes for one balance: `waiting` are certainly not in NetSuite's number, of `open` nobody knows."""

    waiting: tuple[Moved, ...] = ()
    open: tuple[Moved, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """`difference` is what nothing explains, positive when we hold more. `pushes` explain `explained`."""

    state: str
    explained: Decimal
    difference: Decimal
    pushes: tuple[int, ...]


NOTHING = Unconfirmed()


def compare(ours: Decimal | None, theirs: Decimal | None, unconfirmed: Unconfirmed = NOTHING) -> Verdict:
    """None means that a side has no such balance. An open push counts where that makes the sides agree."""
    waiting = sum((quantity for _, quantity in unconfirmed.waiting), Decimal(0))
    pushes = tuple(push for push, _ in unconfirmed.waiting)
    left = (ours or Decimal(0)) - (theirs or Decimal(0)) - waiting
    chosen = _combinations(unconfirmed.open[:MOST_OPEN]).get(left)
    if chosen is not None:
        pushes += chosen
        return Verdict("pending" if pushes else "equal", waiting + left, Decimal(0), pushes)
    state = "missing_there" if theirs is None else "missing_here" if ours is None else "drift"
    return Verdict(state, waiting, left, pushes)


def _combinations(moves: Iterable[Moved]) -> dict[Decimal, tuple[int, ...]]:
    """Every sum some of these pushes can make, with the fewest pushes that make it."""
    sums: dict[Decimal, tuple[int, ...]] = {Decimal(0): ()}
    for push, quantity in moves:
        for total, pushes in list(sums.items()):
            longer = (*pushes, push)
            if len(longer) < len(sums.get(total + quantity, (*longer, 0))):
                sums[total + quantity] = longer
    return sums


def is_settled(looks: int) -> bool:
    """Has the difference lasted long enough to ask a person?"""
    return looks >= LOOKS_TO_SETTLE


def why_suspicious(
    before: Mapping[str, Sequence[object]], now: Mapping[str, Sequence[object]], *, least_share: float
) -> str:
    """Why a snapshot with so many rows must not be believed, as a sentence; "" when it may.

    Rows by NetSuite location: id -> (name, rows). A role that lost a permission reads like empty shelves.
    """
    was, reads = _total(before), _total(now)
    if reads < was * least_share:
        return f"NetSuite showed {reads} balances, last time {was}."
    for location, (name, rows) in before.items():
        left = int(str(now.get(location, ("", 0))[1]))
        if int(str(rows)) >= FEW_ROWS and left < int(str(rows)) * least_share:
            return f"NetSuite showed {left} balances at {name}, last time {rows}."
    return ""


def _total(rows: Mapping[str, Sequence[object]]) -> int:
    return sum(int(str(count)) for _, count in rows.values())
