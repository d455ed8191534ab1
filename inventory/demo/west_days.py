"""The last days of the WEST store: a workbook in the morning, orders over the day, the report at its end.

Everything goes through the doors that people use, with the clock set back. Today's morning leaves rows in every
outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from approvals.business_days import business_day_of, days_between
from approvals.clock import at, now
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import ProposedAction
from inventory.checking.check import check_stock
from inventory.day_end.entering import enter_items
from inventory.demo.deciding import give
from inventory.demo.stock_workbooks import StockRow, stock_workbook, write_stock_workbook
from inventory.demo.west import CODE, open_west, rows_of_west
from inventory.excel.committing import commit_workbook
from inventory.excel.gate import ENVELOPE
from inventory.excel.receiving import receive_workbook
from inventory.models import DayEndReport, ExcelSync, Item, Location, Order
from inventory.orders.closing import fulfil_order
from inventory.orders.lines import WantedLine
from inventory.orders.placing import place_order

Cell = Decimal | str | None
OPENED, SAVED, DECIDED, ORDERED, FULFILLED, ENTERED = (
    time(6, 30), time(8, 20), time(9, 20), time(10, 5), time(13, 20), time(17, 25),
)  # fmt: skip
SYNCED_AFTER = timedelta(minutes=25)
SINCE_SAVED, ASKED_AGO = timedelta(hours=2), timedelta(minutes=25)
LATE = "SMW-2502"  # sold yesterday, and not entered by this morning
MISSING = "SMW-2702"


@dataclass(frozen=True)
class Day:
    """`off` is by how many units the workbook differs; `sold` what the orders of the day take."""

    off: Mapping[str, int]
    verdict: str
    sold: Mapping[str, int]


DAYS = (
    Day({"SMW-2302": -2, "SMW-2401": -12}, "approved", {"UNF-1302": 12, "SMW-2801": 20, "SMW-2101": 360}),
    Day({"UNF-1201": 15}, "rejected", {"UNF-1305": 6, "UNF-1102": 8, "SMW-2601": 4}),
    Day({"SMW-2402": -3}, "", {LATE: 18, "UNF-1201": 24, "SMW-2102": 240}),
)
TODAY = Day(
    {"UNF-1302": -3, "SMW-2301": 2, "SMW-2403": -4, "SMW-2501": -14, "SMW-3001": -4, "SMW-2101": -240, "UNF-1501": 5},
    "",
    {"UNF-1103": 10, "SMW-2202": 6},
)
SAYS: dict[str, Cell] = {"SMW-2201": "abt 90", "SMW-2901": "-"}
BROUGHT = (
    StockRow("Smallwares", "Gloves, poly, medium, 100 count", "", "GLV-0410", "box", Decimal(30)),
    StockRow("Smallwares", "Salad bar shield, 36 in", "", "SMW-3101", "each", Decimal(6)),
)
"""An item of another place, and one that nobody has heard of."""

UNDECIDED = ("SMW-2501", "SMW-3001", "SMW-2101")
NEXT_OFF = {code: TODAY.off[code] for code in UNDECIDED} | {"UNF-1104": -2, "UNF-1402": -11, "SMW-2801": 6}
NEXT_SAYS: dict[str, Cell] = {"SMW-2402": None, "SMW-2901": Decimal(33), "SMW-2601": "about 40"}
"""What the workbook says that the visitor may upload."""

WAITING = {"UNF-1201": 12, "UNF-1104": 4}  # ordered today, and still on the shelf
CUSTOMERS = ("Clifton High School", "Passaic Middle School", "Wayne Hills High School")


FIRST_NUMBER = 30411
NOTES = {
    "approved": "Counted again: the workbook is right.",
    "rejected": "The delivery of tomorrow was entered too early; the record is right.",
    "mail": "Read together at the desk; no e-mail needed.",
}


class WestDays:
    """Lives the last business days before `today` as their ends come, and today as far as it has come."""

    def __init__(self, people: Mapping[str, Any], zone: ZoneInfo, today: date) -> None:
        self.people, self.zone, self.today = people, zone, today
        before = list(islice(days_between(today - timedelta(days=60), today - timedelta(days=1)), len(DAYS)))
        self.days = dict(zip(reversed(before), DAYS, strict=False))
        self.number = FIRST_NUMBER
        self.place: Location | None = None
        self.is_up_to_date = False

    def before_closing(self, closing: datetime) -> None:
        """The day of a report, up to the report."""
        day = business_day_of(closing)
        if day in self.days:
            self._live(day, self.days[day])
        elif day == self.today:
            self.live_today(closing)

    def after_closing(self, closing: datetime) -> None:
        """What the report asked for is entered in the workbook, but for one item of yesterday; mails are read."""
        day = business_day_of(closing)
        if day not in self.days:
            return
        report = DayEndReport.objects.get(business_date=day, location=self.location)
        codes = [row["item_code"] for row in report.updates if row["item_code"] != LATE]
        with at(self._on(day, ENTERED)):
            enter_items(report=report, codes=codes, by=self.people["counter"])
            self._read_mails(report if day == max(self.days) else None)

    def live_today(self, until: datetime) -> None:
        """The morning's workbook with a row in every outcome, and orders; the approver has not come yet."""
        if self.is_up_to_date:
            return
        self.is_up_to_date = True
        saved = min(self._on(self.today, SAVED), until - SINCE_SAVED)
        self._sync(self.today, saved, TODAY)
        with at(saved + timedelta(minutes=60)):
            orders = self._order(TODAY.sold)
        with at(saved + timedelta(minutes=75)):
            self._fulfil(orders)
        with at(saved + timedelta(minutes=90)):
            self._order(WAITING)

    def ask_about_missing(self, moment: datetime) -> None:
        """Somebody wants an item that this morning's workbook left out."""
        item = Item.objects.get(item_code=MISSING)
        with at(max(moment - ASKED_AGO, self._on(self.today, time()))):
            check_stock(item=item, location=self.location, quantity=Decimal(6), by=self.people["orders"])

    def write_workbook(self) -> Path:
        """For the visitor to upload, saved now: what nobody has decided it still says, and something new."""
        says = {**self._typed(NEXT_OFF), **NEXT_SAYS}
        rows = rows_of_west(self.location, says)
        return write_stock_workbook([*rows, *BROUGHT], on=business_day_of(now()))

    @property
    def location(self) -> Location:
        if self.place is None:
            self.place = Location.objects.get(code=CODE)
        return self.place

    def _live(self, day: date, lived: Day) -> None:
        if day == min(self.days):
            self.place = open_west(self._on(day, OPENED), self.people)
        sync = self._sync(day, self._on(day, SAVED), lived)
        with at(self._on(day, DECIDED)):
            self._decide(sync, lived.verdict)
        with at(self._on(day, ORDERED)):
            orders = self._order(lived.sold)
        with at(self._on(day, FULFILLED)):
            self._fulfil(orders)

    def _sync(self, day: date, saved: datetime, lived: Day) -> ExcelSync:
        counter = self.people["counter"]
        with at(saved + SYNCED_AFTER):
            upload = receive_workbook(
                content=self._workbook(day, lived),
                file_name=f"WEST stock {day:%b %d}.xlsx",
                location=self.location,
                by=counter,
                as_of=saved,
            )
            return commit_workbook(upload=upload, by=counter)

    def _workbook(self, day: date, lived: Day) -> bytes:
        if day != self.today:
            return stock_workbook(rows_of_west(self.location, self._typed(lived.off)), on=day)
        rows = rows_of_west(self.location, {**self._typed(lived.off), **SAYS})
        return stock_workbook([row for row in (*rows, *BROUGHT) if row.code != MISSING], on=day)

    def _typed(self, off: Mapping[str, int]) -> dict[str, Cell]:
        """What the workbook says where it is off by so much."""
        right = {row.code: row.stated for row in rows_of_west(self.location, {})}
        return {code: Decimal(str(right[code])) + units for code, units in off.items()}

    def _decide(self, sync: ExcelSync, verdict: str) -> None:
        envelope = ProposedAction.objects.filter(workflow_run=sync.run, action_type=ENVELOPE, status="pending").first()
        if envelope:
            lines = envelope.lines.order_by("pk").values_list("pk", flat=True)
            give(envelope, dict.fromkeys(lines, verdict), by=self.people["approver"], note=NOTES[verdict])

    def _order(self, wanted: Mapping[str, int]) -> list[Order]:
        """An order for each item."""
        orders = []
        for code, quantity in wanted.items():
            placed = place_order(
                order_id=f"WEB-{self.number}",
                location=self.location,
                lines=[WantedLine("1", code, Decimal(quantity))],
                customer=CUSTOMERS[self.number % len(CUSTOMERS)],
                by=self.people["orders"],
                source="demo",
            )
            self.number += 1
            orders.append(placed.order)
        return orders

    def _fulfil(self, orders: list[Order]) -> None:
        for order in orders:
            fulfil_order(order=order, by=self.people["orders"])

    def _read_mails(self, kept: DayEndReport | None) -> None:
        """No e-mail leaves while a past is made up; that of the latest report waits."""
        drafts = ProposedAction.objects.filter(action_type=EMAIL_DRAFT, status="pending").filter(
            Q(workflow_run__sync__location=self.location) | Q(pk__in=DayEndReport.objects.values("email"))
        )
        if kept:
            drafts = drafts.exclude(pk=kept.email_id or 0)
        for draft in drafts.order_by("pk"):
            give(draft, {draft.pk: "rejected"}, by=self.people["approver"], note=NOTES["mail"])

    def _on(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone)
