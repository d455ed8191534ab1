"""A working day of a warehouse: a full listing, receipts, picks, corrections, breakages, a full listing. By a seed."""

from bisect import bisect
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import accumulate
from random import Random

from inventory.wms.simulator.warehouse import Update, Warehouse

HOUR = 3600.0
OPEN_HOURS = 14  # 06:00 to 20:00
DAY = OPEN_HOURS * HOUR
RECEIVING = (0.5, 5.0)  # hours after opening
COUNTING = (7.0, 11.0)
PICKS_BY_HOUR = (1, 3, 6, 9, 10, 8, 4, 7, 9, 8, 6, 3, 1, 1)
SHARES = {"pick": 86, "receive": 7, "correct": 4, "damage": 2, "blunder": 1}


def stock_drawn(skus: list[str], seed: int) -> dict[str, Decimal]:
    """Where nobody knows what lies there."""
    random = Random(f"{seed}/stock")
    return {sku: Decimal(random.randrange(20, 400)) for sku in skus}


def live_day(
    stock: Mapping[str, Decimal], *, updates: int, seed: int, first_sequence: int = 1, blunders: bool = True
) -> Warehouse:
    """The warehouse in the evening, with all it said, which are `updates` or one more.

    Two full listings must fit: of more items than a third of `updates`, only the first are stocked.
    """
    stocked = dict(list(stock.items())[: max(1, updates // 3)])
    random = Random(f"{seed}/day")
    warehouse = Warehouse.holding(stocked, first_sequence)
    _differ_a_little(warehouse, random)
    for sku in stocked:
        warehouse.count(sku, 0.0)
    _work(warehouse, random, updates - 2 * len(stocked), blunders=blunders)
    for sku in stocked:
        warehouse.count(sku, DAY)
    return warehouse


def newest_words(said: list[Update]) -> dict[str, Update]:
    """{sku: the last sound update of it}: what a receiver must believe in the end."""
    return {update.sku: update for update in sorted(said, key=lambda each: each.sequence) if not update.is_bad}


def _differ_a_little(warehouse: Warehouse, random: Random) -> None:
    """One item in thirty lies there in another number than the books say."""
    for sku in random.sample(list(warehouse.on_hand), len(warehouse.on_hand) // 30):
        warehouse.on_hand[sku] = max(Decimal(0), warehouse.on_hand[sku] + random.choice((-3, -2, -1, 1, 2)))


def _work(warehouse: Warehouse, random: Random, updates: int, *, blunders: bool) -> None:
    skus = list(warehouse.on_hand)
    popular = random.sample(skus, len(skus))
    weights = list(accumulate(1 / rank for rank in range(1, len(skus) + 1)))  # Zipf's
    happenings = [(_moment(kind, random), kind) for kind in _kinds(random, updates, blunders=blunders)]
    for at, kind in sorted(happenings):
        if kind == "pick":
            sku = popular[bisect(weights, random.random() * weights[-1], hi=len(skus) - 1)]
        else:
            sku = random.choice(skus)
        _happen(warehouse, kind, sku, at, random)


def _kinds(random: Random, updates: int, *, blunders: bool) -> Iterator[str]:
    """Of what happens; a breakage is said in two updates."""
    shares = SHARES if blunders else SHARES | {"blunder": 0}
    while updates > 0:
        kind = random.choices(list(shares), list(shares.values()))[0]
        updates -= 2 if kind == "damage" else 1
        yield kind


def _moment(kind: str, random: Random) -> float:
    """Seconds since opening, to the millisecond; only full listings are at the very ends."""
    if kind == "pick":
        hour = random.choices(range(OPEN_HOURS), PICKS_BY_HOUR)[0] + random.random()
    else:
        hour = random.uniform(*{"receive": RECEIVING, "correct": COUNTING}.get(kind, (0.0, OPEN_HOURS)))
    return round(min(max(hour * HOUR, 1.0), DAY - 1.0), 3)


def _happen(warehouse: Warehouse, kind: str, sku: str, at: float, random: Random) -> None:
    if kind == "pick":
        warehouse.pick(sku, random.randrange(1, 9), at)
    elif kind == "receive":
        warehouse.receive(sku, random.randrange(20, 200), at)
    elif kind == "correct":
        warehouse.correct(sku, random.choice((-4, -2, -1, 1, 2)), at)
    elif kind == "damage":
        warehouse.damage(sku, random.randrange(1, 4), at)
    else:
        warehouse.blunder(sku, random.randrange(7), at)
