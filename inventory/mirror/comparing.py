"""A snapshot of NetSuite beside our balances: one verdict each, in a number of queries that never grows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from inventory.mirror.unconfirmed import BalanceKey, Names, by_balance, open_pushes, our_names
from inventory.mirror.verdicts import NOTHING, Unconfirmed, Verdict, compare
from inventory.models import Balance
from netsuite.snapshots import RemoteBalance

RowKey = tuple[int | str, int]  # our item, or NetSuite's id of one we do not have; our location
TRIES = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """One balance. `is_open`: a push of unknown fate is under way for it."""

    item_id: int | None
    location_id: int
    netsuite_item: str
    item_name: str
    ours: Decimal | None
    theirs: Decimal | None
    verdict: Verdict
    is_open: bool

    @property
    def key(self) -> RowKey:
        return (self.item_id if self.item_id is not None else self.netsuite_item, self.location_id)


@dataclass(frozen=True)
class Comparison:
    rows: list[Compared]
    outside: list[str]  # NetSuite locations with balances that are not kept here


def compare_with_ours(snapshot: Sequence[RemoteBalance], *, snapshot_at: datetime) -> Comparison:
    """A balance is compared where either side has a quantity, or we keep the balance at all."""
    names = our_names()
    ours, unconfirmed = _our_side(names, snapshot_at)
    rows: list[Compared] = []
    outside: set[str] = set()
    for remote in snapshot:
        location_id = names.location(internal_id=remote.location_id, code=remote.location)
        if location_id is None:
            outside.add(remote.location)
            continue
        item_id = names.item(internal_id=remote.item_id, code=remote.item)
        key = None if item_id is None else (item_id, location_id)
        quantity = None if key is None else ours.pop(key, None)
        moves = unconfirmed.get(key, NOTHING) if key else NOTHING
        if quantity is None and not remote.on_hand and moves == NOTHING:
            continue
        rows.append(_row(remote, item_id, location_id, quantity, remote.on_hand, moves))
    for (item_id, location_id), quantity in ours.items():
        moves = unconfirmed.get((item_id, location_id), NOTHING)
        rows.append(_row(None, item_id, location_id, quantity, None, moves))
    return Comparison(rows, sorted(outside))


def _row(
    remote: RemoteBalance | None,
    item_id: int | None,
    location_id: int,
    ours: Decimal | None,
    theirs: Decimal | None,
    moves: Unconfirmed,
) -> Compared:
    return Compared(
        item_id=item_id,
        location_id=location_id,
        netsuite_item=remote.item_id if remote else "",
        item_name=remote.item[:250] if remote else "",
        ours=ours,
        theirs=theirs,
        verdict=compare(ours, theirs, moves),
        is_open=bool(moves.open),
    )


def _our_side(names: Names, snapshot_at: datetime) -> tuple[dict[BalanceKey, Decimal], dict[BalanceKey, Unconfirmed]]:
    """Balances and pushes of one moment: a posting writes both, so when no push changed in between, none was missed."""
    pushes = open_pushes(snapshot_at)
    for _ in range(TRIES):
        balances = Balance.objects.order_by().values_list("item_id", "location_id", "quantity_on_hand")
        ours = {(item, location): quantity for item, location, quantity in balances.iterator(chunk_size=20_000)}
        after = open_pushes(snapshot_at)
        if after == pushes:
            break
        pushes = after
    return ours, by_balance(pushes, names)


def row_counts(snapshot: Iterable[RemoteBalance]) -> dict[str, list[object]]:
    """NetSuite location id -> [name, rows]."""
    names = {remote.location_id: remote.location for remote in snapshot}
    counts = Counter(remote.location_id for remote in snapshot)
    return {location: [names[location], rows] for location, rows in counts.items()}
