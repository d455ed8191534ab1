"""What lies in the warehouse by the WMS's own word, and the one sequence of everything it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

AVAILABLE, DAMAGED = "available", "damaged"
GARBAGE = ("twelve", None, True, [3], "1e999")


@dataclass(frozen=True, slots=True)
class Update:
    """One thing said. `at` is in seconds since the warehouse opened; `is_bad`: no receiver may take it."""

    sequence: int
    sku: str
    quantity: object
    status: str
    at: float
    is_bad: bool = False


@dataclass
class Warehouse:
    """Sellable and damaged stock by item. Whatever changes is said, in the order in which it changed."""

    on_hand: dict[str, Decimal]
    next_sequence: int = 1
    damaged: dict[str, Decimal] = field(default_factory=dict)
    said: list[Update] = field(default_factory=list)

    @classmethod
    def holding(cls, stock: Mapping[str, Decimal], first_sequence: int) -> "Warehouse":
        return cls(dict(stock), first_sequence)

    def count(self, sku: str, at: float) -> None:
        """Say what there is of it."""
        self._say(sku, self.on_hand[sku], AVAILABLE, at)

    def receive(self, sku: str, number: int, at: float) -> None:
        self.on_hand[sku] += number
        self.count(sku, at)

    def pick(self, sku: str, number: int, at: float) -> None:
        """As many as there are; an empty place is filled up first."""
        if self.on_hand[sku] < 1:
            self.on_hand[sku] += 10 * number
        self.on_hand[sku] -= min(Decimal(number), self.on_hand[sku])
        self.count(sku, at)

    def correct(self, sku: str, number: int, at: float) -> None:
        """A cycle count found so many more, or fewer."""
        self.on_hand[sku] = max(Decimal(0), self.on_hand[sku] + number)
        self.count(sku, at)

    def damage(self, sku: str, number: int, at: float) -> None:
        """Set aside: less to sell, and a word on what is not to be sold, which is nobody's stock."""
        broken = min(Decimal(number), self.on_hand[sku])
        self.on_hand[sku] -= broken
        self.damaged[sku] = self.damaged.get(sku, Decimal(0)) + broken
        self.count(sku, at)
        self._say(sku, self.damaged[sku], DAMAGED, at, is_bad=True)

    def blunder(self, sku: str, kind: int, at: float) -> None:
        """Something no receiver can take: an unknown item, less than nothing, or no number."""
        if kind == 0:
            self._say(f"{sku}-GHOST", 1, AVAILABLE, at, is_bad=True)
        elif kind == 1:
            self._say(sku, -3, AVAILABLE, at, is_bad=True)
        else:
            self._say(sku, GARBAGE[kind % len(GARBAGE)], AVAILABLE, at, is_bad=True)

    def _say(self, sku: str, quantity: object, status: str, at: float, *, is_bad: bool = False) -> None:
        self.said.append(Update(self.next_sequence, sku, quantity, status, at, is_bad))
        self.next_sequence += 1
