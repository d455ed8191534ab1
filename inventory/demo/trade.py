"""Ninety school days' worth of goods coming and going, recorded on the day they moved.

Receipts and the transfers to EAST come in the morning; kits are packed and orders leave in the afternoon.
Counts happen in between, so what they expect is what was really on hand.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from approvals.clock import at
from inventory.demo.catalogue import BILLS, EAST_SHARE, Listed
from inventory.models import Item, Location, Movement, Zone
from inventory.stock.ledger import NewMovement, record_movements
from inventory.stock.opening import OpeningStock, open_stock
from inventory.variance.expected import on_hand_now

SOURCE = "demo"
MORNING, PACKING, AFTERNOON = time(7, 40), time(12, 30), time(13, 45)
RECEIVING_DAYS, TRANSFER_DAY, PACKING_DAY, FRIDAY = {1, 3}, 2, 0, 4
WEEKS_KEPT, WEEKS_ORDERED = Decimal("1.5"), Decimal("3.5")
KITS_A_WEEK = 288


@dataclass
class Trade:
    catalogue: list[Listed]
    items: dict[str, Item]
    locations: dict[str, Location]
    zones: dict[tuple[str, str], Zone]
    time_zone: ZoneInfo
    random: Random
    numbers: dict[str, int] = field(default_factory=lambda: {"PO": 24100, "SO": 88200, "TR": 310, "WO": 70})

    def open(self, moment: datetime) -> None:
        """Opening stock with home zones and bins."""
        for (location, code), zone in self.zones.items():
            living = [line for line in self.catalogue if line.zones.get(location) == code]
            stock = [
                OpeningStock(self.items[line.code].pk, self._opening(line, location), bin_of(code, place))
                for place, line in enumerate(living)
            ]
            with at(moment):
                open_stock(
                    stock,
                    location=zone.location,
                    zone=zone,
                    occurred_at=moment,
                    reference="Opening stock",
                    source=SOURCE,
                )

    def morning(self, day: date) -> None:
        if day.weekday() in RECEIVING_DAYS:
            self._move("MAIN", day, MORNING, "PO", self._receipts)
        if day.weekday() == TRANSFER_DAY:
            self._transfer(day)

    def afternoon(self, day: date) -> None:
        if day.weekday() == PACKING_DAY:
            self._move("MAIN", day, PACKING, "WO", self._kits)
        if day.weekday() <= FRIDAY:
            for location in self.locations:
                self._move(location, day, AFTERNOON, "SO", self._shipments)

    def moment(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.time_zone)

    def weekly(self, line: Listed, location: str) -> Decimal:
        return Decimal(line.weekly) * (EAST_SHARE if location == "EAST" else 1)

    def _opening(self, line: Listed, location: str) -> Decimal:
        weeks = Decimal(self.random.randint(28, 42)) / 10
        return whole_cases(self.weekly(line, location) * weeks, line)

    def _move(
        self, location: str, day: date, clock: time, kind: str,
        choose: Callable[[str, date, dict[str, Decimal]], list[tuple[Listed, Decimal, str]]],
    ) -> None:  # fmt: skip
        here = self._on_hand(location)
        chosen = choose(location, day, here)
        self._record(location, self.moment(day, clock), [(line, d, k, kind) for line, d, k in chosen])

    def _record(self, location: str, moment: datetime, moves: list[tuple[Listed, Decimal, str, str]]) -> None:
        rows = []
        for position, (line, delta, kind, prefix) in enumerate(moves):
            if position % 12 == 0:
                self.numbers[prefix] += 1
            reference = f"{prefix}-{self.numbers[prefix]:05d}"
            rows.append(NewMovement(self.items[line.code].pk, delta, kind, moment, reference))
        if rows:
            with at(moment):
                record_movements(rows, location=self.locations[location], source=SOURCE)

    def _on_hand(self, location: str) -> dict[str, Decimal]:
        ids = {item.pk: code for code, item in self.items.items()}
        return {ids[pk]: on_hand for pk, on_hand in on_hand_now(self.locations[location], ids).items()}

    def _living(self, location: str) -> list[tuple[int, Listed]]:
        living = [line for line in self.catalogue if location in line.zones and line.weekly]
        return list(enumerate(living))

    def _receipts(self, location: str, day: date, here: dict[str, Decimal]) -> list[tuple[Listed, Decimal, str]]:
        found = []
        for _, line in self._living(location):
            weekly = self.weekly(line, location)
            if line.code not in BILLS and here[line.code] < weekly * WEEKS_KEPT:
                wanted = whole_cases(weekly * WEEKS_ORDERED - here[line.code], line)
                found.append((line, wanted, Movement.Kind.RECEIPT.value))
        return found

    def _transfer(self, day: date) -> None:
        """EAST is filled up from MAIN: the same goods leave one ledger and enter the other."""
        east, main = self._on_hand("EAST"), self._on_hand("MAIN")
        out, into = [], []
        for _, line in self._living("EAST"):
            weekly = self.weekly(line, "EAST")
            wanted = whole_cases(weekly * 3 - east[line.code], line)
            if east[line.code] < weekly * WEEKS_KEPT and 0 < wanted < main[line.code] / 2:
                out.append((line, -wanted, Movement.Kind.TRANSFER.value, "TR"))
                into.append((line, wanted, Movement.Kind.TRANSFER.value, "TR"))
        number = self.numbers["TR"]
        self._record("MAIN", self.moment(day, MORNING), out)
        self.numbers["TR"] = number
        self._record("EAST", self.moment(day, MORNING), into)

    def _kits(self, location: str, day: date, here: dict[str, Decimal]) -> list[tuple[Listed, Decimal, str]]:
        by_code = {line.code: line for line in self.catalogue}
        found = []
        for kit, bill in BILLS.items():
            enough = all(here[code] > KITS_A_WEEK * quantity * 2 for code, quantity in bill.items())
            if enough:
                kind = Movement.Kind.ASSEMBLY.value
                found.append((by_code[kit], Decimal(KITS_A_WEEK), kind))
                found += [(by_code[code], Decimal(-KITS_A_WEEK * each), kind) for code, each in bill.items()]
        return found

    def _shipments(self, location: str, day: date, here: dict[str, Decimal]) -> list[tuple[Listed, Decimal, str]]:
        """Each item leaves twice a week, mostly in whole cases; never the last of it."""
        found = []
        for position, line in self._living(location):
            if day.weekday() not in {position % 5, (position + 2) % 5}:
                continue
            half_week = self.weekly(line, location) / 2
            wanted = half_week * self.random.randint(70, 125) / 100
            leaving = self._leaving(line, wanted)
            if 0 < leaving < here[line.code] - half_week / 2:
                found.append((line, -leaving, Movement.Kind.SHIPMENT.value))
        return found

    def _leaving(self, line: Listed, wanted: Decimal) -> Decimal:
        if line.note == "fractions":
            return wanted.quantize(Decimal("0.1"))
        if line.case > 1 and self.random.random() < 0.7:
            return whole_cases(wanted, line)
        return Decimal(math.ceil(wanted))


def whole_cases(quantity: Decimal, line: Listed) -> Decimal:
    return Decimal(math.ceil(max(quantity, Decimal(0)) / line.case) * line.case)


def bin_of(zone: str, place: int) -> str:
    """Three levels of racks, walked in order: A-01-1, A-01-2, A-01-3, A-02-1..."""
    return f"{zone}-{place // 3 + 1:02d}-{place % 3 + 1}"
