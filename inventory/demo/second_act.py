"""The second act: a stock workbook rehearsed, synced and decided; goods sold; the report of what to enter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from approvals.business_days import business_day_of
from approvals.clock import now
from approvals.models import ProposedAction
from approvals.money import dollars
from approvals.refusals import Refused
from approvals.templatetags.figures import quantity, signed
from inventory.day_end.contents import items_of
from inventory.day_end.document import summary_of
from inventory.day_end.reporting import make_report
from inventory.demo.deciding import give, refusal_to
from inventory.demo.delivered import tell_delivery
from inventory.demo.delivery import DemoNetSuite
from inventory.demo.telling import Telling
from inventory.demo.west import CODE
from inventory.excel.gate import ENVELOPE
from inventory.models import Balance, ExcelSync, ExcelUpdate, Location, SyncLine
from inventory.orders.closing import fulfil_order
from inventory.orders.lines import WantedLine
from inventory.orders.placing import place_order
from netsuite.models import Push

Outcome = SyncLine.Classification
ORDER, SOLD = "WEB-30999", (WantedLine("1", "SMW-2401", Decimal(8)), WantedLine("2", "UNF-1301", Decimal(5)))
TOO_MUCH = WantedLine("1", "SMW-3001", Decimal(50))
REJECTED_BECAUSE = "Two cartons stand in the hall and were not counted; the record is right."


@dataclass
class SecondAct:
    """`before` is what was on hand before the workbook came, by item code."""

    telling: Telling
    people: Mapping[str, Any]
    before: dict[str, Decimal] = field(default_factory=dict)

    def tell(self, workbook: Path, netsuite: DemoNetSuite) -> None:
        location = Location.objects.get(code=CODE)
        self.before = _on_hand(location)
        sync = self._workbook(workbook)
        self._differences(sync)
        self._decision(sync)
        self._order(location)
        self._end_of_day(location)
        self.telling.chapter("On the way to NetSuite again")
        tell_delivery(self.telling, netsuite, Push.objects.filter(adjustment__run=sync.run).order_by("pk"))
        self._proof(sync, location)

    def _workbook(self, path: Path) -> ExcelSync:
        self.telling.chapter("The workbook of the store that is kept in Excel")
        known = ExcelSync.objects.count()
        rehearsed = _synced(path, "--dry-run")
        self.telling.check("a dry run stores nothing", holds=ExcelSync.objects.count() == known)
        done = _synced(path, "--by", "counter")
        outcomes: dict[str, int] = done["outcomes"]
        self.telling.say(
            f"{path.name}: {done['rows_in']} rows in. "
            + ", ".join(f"{number} {Outcome(kind).label.lower()}" for kind, number in outcomes.items())
            + "."
        )
        self.telling.check("the sync finds what the dry run found", holds=rehearsed["outcomes"] == outcomes)
        left_out = outcomes.get(Outcome.MISSING_THERE, 0)
        self.telling.check("rows in = rows with an outcome", holds=done["rows_in"] == sum(outcomes.values()) - left_out)
        return ExcelSync.objects.get(pk=done["sync_id"])

    def _differences(self, sync: ExcelSync) -> None:
        lines = sync.lines.exclude(classification=Outcome.MATCH).order_by("pk")
        headings = ("Item", "Here", "Excel says", "Difference", "Outcome", "Because")
        self.telling.table(headings, [_row(line) for line in lines])
        for line in sync.lines.filter(classification=Outcome.MATCH, unentered__gt=0):
            self.telling.say(f"{line.item_code} matches: {line.why}.")
        gross = sum((abs(line.variance_value or Decimal(0)) for line in _counting(sync)), Decimal(0))
        self.telling.check(
            f"the rows' values add up to the sync's {dollars(sync.gross_value)}", holds=gross == sync.gross_value
        )

    def _decision(self, sync: ExcelSync) -> None:
        envelope = ProposedAction.objects.get(workflow_run=sync.run, action_type=ENVELOPE)
        self.telling.say(f"counter tries to approve: “{refusal_to(envelope, self.people['counter'])}”")
        lines = list(envelope.lines.order_by("pk"))
        undecided = all(line.status == ProposedAction.Status.PENDING for line in lines)
        self.telling.check("who brought the workbook cannot approve", holds=undecided)
        alert = next(line for line in lines if line.payload["item_code"] == "SMW-2101")
        give(envelope, {alert.pk: "rejected"}, by=self.people["approver"], note=REJECTED_BECAUSE, via="command")
        self.telling.say(f"approver rejects “{alert.title}”: {REJECTED_BECAUSE}")
        rest = {line.pk: "approved" for line in lines if line.pk != alert.pk}
        give(envelope, rest, by=self.people["approver"], via="command")
        self.telling.say(f"approver approves the other {len(rest)} rows.")
        assert sync.run is not None
        sync.run.refresh_from_db()
        self.telling.check("the sync is completed", holds=sync.run.status == sync.run.Status.COMPLETED)

    def _order(self, location: Location) -> None:
        self.telling.chapter("Orders")
        desk = self.people["orders"]
        try:
            place_order(order_id=f"{ORDER}-X", location=location, lines=[TOO_MUCH], by=desk, source="demo")
        except Refused as refusal:
            self.telling.say(f"An order of {quantity(TOO_MUCH.quantity)} {TOO_MUCH.item_code}: “{refusal}”")
        placed = place_order(order_id=ORDER, location=location, lines=SOLD, by=desk, source="demo")
        again = place_order(order_id=ORDER, location=location, lines=SOLD, by=desk, source="demo")
        self.telling.check("an order that is sent twice is one order", holds=again.added == 0 < placed.added)
        shipped = fulfil_order(order=placed.order, by=desk)
        repeated = fulfil_order(order=placed.order, by=desk)
        self.telling.say(f"Order {ORDER} is fulfilled: " + ", ".join(_wanted(line) for line in SOLD) + " have left.")
        self.telling.check("fulfilled twice, the goods leave once", holds=(shipped.lines, repeated.lines) == (2, 0))

    def _end_of_day(self, location: Location) -> None:
        self.telling.chapter("The end of the day")
        report = make_report(business_date=business_day_of(now()), location=location)
        items = items_of(report)
        self.telling.say(f"{report.orders_processed} orders; {summary_of(report)}.")
        rows = [(item.item_code, item.previous, item.sold, item.remaining) for item in items]
        self.telling.table(("To enter in Excel", "Previous", "Sold", "Remaining"), rows)
        adds_up = all(Decimal(item.previous) - Decimal(item.sold) == Decimal(item.remaining) for item in items)
        self.telling.check("previous - sold = remaining, for every item", holds=adds_up)
        sales = ExcelUpdate.objects.in_bulk([pk for item in items for pk in item.updates])
        sums = [sum(sales[pk].sold for pk in item.updates) == Decimal(item.sold) for item in items]
        self.telling.check("what is to be entered is what was sold", holds=all(sums))
        listed = set(sales)
        mine = ExcelUpdate.objects.filter(order_line__order__order_id=ORDER, sold_at__lte=report.made_at)
        self.telling.check(
            "no sale before the report is missing in it", holds=listed.issuperset(mine.values_list("pk", flat=True))
        )

    def _proof(self, sync: ExcelSync, location: Location) -> None:
        self.telling.chapter("Proof")
        changed = dict(sync.lines.filter(adjustment__isnull=False).values_list("item_code", "variance"))
        sold = {line.item_code: line.quantity for line in SOLD}
        after = _on_hand(location)
        expected = {
            code: self.before.get(code, Decimal(0)) + (changed.get(code) or 0) - sold.get(code, 0) for code in after
        }
        self.telling.check(
            f"on hand changed by {len(changed)} differences and {len(sold)} sales, and by nothing else",
            holds=after == expected,
        )


def _synced(path: Path, *words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("sync_excel", str(path), "--location", CODE, "--json", *words, stdout=out)
    figures: dict[str, Any] = json.loads(out.getvalue())
    return figures


def _on_hand(location: Location) -> dict[str, Decimal]:
    rows = Balance.objects.filter(location=location).values_list("item__item_code", "quantity_on_hand")
    return dict(rows)


def _counting(sync: ExcelSync) -> list[SyncLine]:
    apart = (Outcome.NOT_AUTHORITY, Outcome.NEW_ITEM, Outcome.MISSING_THERE)
    return list(sync.lines.exclude(classification__in=apart))


def _row(line: SyncLine) -> tuple[str, ...]:
    return (
        line.item_code,
        "–" if line.expected is None else quantity(line.expected),
        line.stated or "–",
        "–" if line.variance is None else signed(line.variance),
        line.get_classification_display(),
        line.suggested_reason or line.why,
    )


def _wanted(line: WantedLine) -> str:
    return f"{quantity(line.quantity)} {line.item_code}"
