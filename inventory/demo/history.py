"""Ten weeks of cycle counts: each Monday the run plans, then a counter counts and an approver decides.

Everything goes through the real operations with the clock set back, so guardrails, variances, audit chain and
pushes are what the program makes of them. The pushes wait for the first drain.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from approvals.clock import at
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import Guardrail, ProposedAction
from approvals.ticking import tick
from inventory.counting import limits
from inventory.counting.gate import ENVELOPE, SIGN_OFF
from inventory.counting.recounts import enter_recount
from inventory.counting.submission import CountedItem, submit_count
from inventory.demo.deciding import give
from inventory.models import Balance, CountLine, CountSheet

COUNTED, DECIDED, SIGNED, RECOUNTED, SETTLED, MAIL_READ = (
    time(10, 15), time(15, 20), time(15, 50), time(16, 10), time(16, 40), time(17, 5),
)  # fmt: skip
PALLET_VALUE = Decimal(5200)  # beyond what one approver may sign off alone
BEFORE_RAISE, CAPACITY_NOW = 5, Decimal(3)


@dataclass(frozen=True)
class Walk:
    """What a count finds: `small` lines within the guardrail, `large` ones beyond, and the approver's answer."""

    small: int = 0
    large: int = 0
    verdict: str = "approve"  # approve, reject, reject one, recount matches, recount differs


WALKS = (
    Walk(large=4, verdict="reject one"),
    Walk(),
    Walk(large=2, verdict="reject"),
    Walk(large=3),
    Walk(small=3),
    Walk(large=1, verdict="recount matches"),
    Walk(),
    Walk(large=2),
    Walk(),
    Walk(large=3, verdict="reject one"),
    Walk(),
    Walk(),
    Walk(large=1, verdict="recount differs"),
    Walk(),
    Walk(),
    Walk(large=2),
    Walk(large=1, verdict="reject"),
    Walk(),
    Walk(small=2),
    Walk(large=3, verdict="reject one"),
    Walk(small=2),
    Walk(),
    Walk(large=2, verdict="reject one"),
)  # then every count matches
NOTES = {
    "approve": "Checked against the receiving log.",
    "reject": "The pallet was found in the staging lane; the record is right.",
    "recount": "Please count the second shelf as well.",
    "sign": "Seen the photos of the empty rack.",
    "mail": "Talked through at the Monday meeting; no e-mail needed.",
}


@dataclass
class History:
    people: dict[str, Any]
    random: Random
    walks: Iterator[Walk] = field(default_factory=lambda: iter(WALKS))
    walked: dict[int, Walk] = field(default_factory=dict)
    pallet_lost: bool = False

    def plan(self, slot: datetime) -> list[CountSheet]:
        """The Monday run at 06:05; the sheets it put out."""
        with at(slot + timedelta(minutes=5)):
            tick()
        return list(CountSheet.objects.filter(status=CountSheet.Status.PLANNED).order_by("pk"))

    def raise_capacity(self, moment: datetime) -> None:
        """The administrator answers the alert that two zones a week are too few."""
        row = Guardrail.objects.get(name=limits.CAPACITY)
        row.value_limit = CAPACITY_NOW
        row._history_date, row._history_user = moment, self.people["admin"]  # type: ignore[attr-defined]
        row._change_reason = "Seven zones need three counts a week"  # type: ignore[attr-defined]
        with at(moment):
            row.save()

    def count(self, sheet: CountSheet, day: datetime) -> None:
        """One walk and its morning; `settle` is its afternoon. `day` is any moment of it, in local time."""
        walk = next(self.walks, Walk())
        moment = _on(day, COUNTED)
        counts = self._counts(sheet, walk)
        with at(moment + timedelta(minutes=45)):
            submit_count(
                zone=sheet.zone,
                counted_at=moment,
                counts=counts,
                by=self.people["counter"],
                source=CountSheet.Source.UPLOAD,
                sheet=sheet,
            )
        self.walked[sheet.pk] = walk

    def settle(self, sheet: CountSheet, day: datetime, *, read_mail: bool) -> None:
        """The approver's afternoon: decide, sign off with a second person where needed, read the summary."""
        sheet.refresh_from_db()
        walk = self.walked[sheet.pk]
        envelope = ProposedAction.objects.filter(workflow_run=sheet.run, action_type=ENVELOPE, status="pending").first()
        if envelope:
            with at(_on(day, DECIDED)):
                self._decide(envelope, walk)
            if walk.verdict.startswith("recount"):
                self._recount(sheet, envelope, walk, day)
            with at(_on(day, SIGNED)):
                self._second_signature(sheet)
        if read_mail:
            with at(_on(day, MAIL_READ)):
                self._read_mail(sheet)

    def _counts(self, sheet: CountSheet, walk: Walk) -> list[CountedItem]:
        found = Balance.objects.filter(zone=sheet.zone).select_related("item")
        rows = sorted(found, key=lambda row: (row.bin, row.item.item_code))  # databases sort texts differently
        off = self._differences(rows, walk)
        return [
            CountedItem(
                row.item.item_code,
                row.quantity_on_hand + off.get(row.pk, Decimal(0)),
                f"Sheet “Count”, row {n}",
            )
            for n, row in enumerate(rows, 6)
        ]

    def _differences(self, rows: list[Balance], walk: Walk) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        candidates = [row for row in rows if row.item.avg_cost and row.quantity_on_hand >= 20]
        self.random.shuffle(candidates)
        if not self.pallet_lost and (pallet := _pallet(candidates)):
            self.pallet_lost = True
            return {pallet.pk: -_units_worth(pallet, PALLET_VALUE)}
        for row in sorted(candidates, key=_is_cheap)[: walk.large]:
            share = Decimal(self.random.randint(60, 220)) / 1000
            size = max(Decimal(2), round(row.quantity_on_hand * share, 0))
            found[row.pk] = size * self.random.choice([-1, -1, 1])
        for row in [row for row in candidates if row.pk not in found and _small(row)][: walk.small]:
            found[row.pk] = Decimal(self.random.randint(1, _small(row))) * self.random.choice([-1, 1])
        return found

    def _decide(self, envelope: ProposedAction, walk: Walk) -> None:
        lines = list(envelope.lines.order_by("pk").values_list("pk", flat=True))
        verdicts = dict.fromkeys(lines, "approved")
        note = NOTES["approve"]
        if walk.verdict == "reject":
            verdicts, note = dict.fromkeys(lines, "rejected"), NOTES["reject"]
        if walk.verdict not in {"approve", "reject"}:
            verdicts.pop(lines[0])
        give(envelope, verdicts, by=self.people["approver"], note=note)
        if walk.verdict == "reject one":
            give(envelope, {lines[0]: "rejected"}, by=self.people["approver"], note=NOTES["reject"])
        elif walk.verdict.startswith("recount"):
            give(envelope, {lines[0]: "sent_back"}, by=self.people["approver"], note=NOTES["recount"])

    def _recount(self, sheet: CountSheet, envelope: ProposedAction, walk: Walk, day: datetime) -> None:
        line = CountLine.objects.get(sheet=sheet, count_number=2)
        first = CountLine.objects.get(sheet=sheet, item=line.item, count_number=1)
        expected = first.expected or Decimal(0)
        counted = expected if walk.verdict == "recount matches" else first.counted or Decimal(0)
        moment = _on(day, RECOUNTED)
        with at(moment):
            here = Balance.objects.get(item=line.item, location=sheet.zone.location).quantity_on_hand
            gone = (first.on_hand or here) - here  # what left since the first count
            enter_recount(line=line, counted=counted - gone, counted_at=moment, by=self.people["counter"])
        envelope.refresh_from_db()
        still_open = list(envelope.lines.filter(status="pending").values_list("pk", flat=True))
        with at(_on(day, SETTLED)):
            verdicts = dict.fromkeys(still_open, "approved")
            give(envelope, verdicts, by=self.people["approver"], note="The recount says the same.")

    def _second_signature(self, sheet: CountSheet) -> None:
        sign_off = ProposedAction.objects.filter(workflow_run=sheet.run, action_type=SIGN_OFF, status="pending").first()
        if sign_off:
            give(sign_off, {sign_off.pk: "approved"}, by=self.people["second"], note=NOTES["sign"])

    def _read_mail(self, sheet: CountSheet) -> None:
        """Summaries of old weeks went round on paper: no e-mail leaves while a past is made up."""
        for draft in ProposedAction.objects.filter(workflow_run=sheet.run, action_type=EMAIL_DRAFT, status="pending"):
            give(draft, {draft.pk: "rejected"}, by=self.people["approver"], note=NOTES["mail"])


def _on(day: datetime, clock: time) -> datetime:
    return day.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def _pallet(rows: list[Balance]) -> Balance | None:
    """The first item of which a whole pallet can go missing."""
    return next((row for row in rows if _units_worth(row, PALLET_VALUE) < row.quantity_on_hand), None)


def _is_cheap(row: Balance) -> bool:
    return row.quantity_on_hand * (row.item.avg_cost or 0) < 600


def _units_worth(row: Balance, value: Decimal) -> Decimal:
    return Decimal(int(value / (row.item.avg_cost or 1)) + 1)


def _small(row: Balance) -> int:
    """The largest whole variance that stays within 2 % and $100."""
    by_value = int(Decimal(100) / (row.item.avg_cost or Decimal(1)))
    return min(int(row.quantity_on_hand * 2 / 100), by_value)
