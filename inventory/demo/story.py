"""The main job from a walk-sheet to NetSuite, a day of the store kept in Excel, a WMS. What `make demo` runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from approvals.clock import now
from approvals.models import ProposedAction
from approvals.money import dollars
from inventory.counting.gate import ENVELOPE, SIGN_OFF
from inventory.counting.uploads import confirm_upload, receive_upload
from inventory.demo.deciding import give, refusal_to
from inventory.demo.delivered import tell_delivery
from inventory.demo.delivery import DemoNetSuite, demo_netsuite
from inventory.demo.house_web import demo_web
from inventory.demo.second_act import SecondAct
from inventory.demo.seeding import Seeded, seed_demo
from inventory.demo.telling import Telling
from inventory.demo.third_act import ThirdAct
from inventory.models import Balance, CountLine, CountSheet, Upload, Zone
from inventory.spreadsheets import UnreadableFile, read_walk_sheet
from inventory.uploads.stored import reading_of
from netsuite.models import Push

Classification = CountLine.Classification
REJECTED_BECAUSE = "The shelf was restocked while it was counted; the record is right."


class SheetRefused(Exception):
    """The walk-sheet was refused; `problems` say why, each a sentence."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Story:
    """`before` is what was on hand before the count, by item."""

    telling: Telling
    people: dict[str, Any] = field(default_factory=dict)
    before: dict[int, Decimal] = field(default_factory=dict)

    def tell(self, given: Path | None) -> list[str]:
        """The whole story; returns the figures that did not add up. Raises SheetRefused."""
        seeded = seed_demo()
        self.people = {user.username: user for user in get_user_model().objects.all()}
        self._world(seeded)
        sheet = self._count(given or seeded.files[0])
        self._variances(sheet)
        self._decisions(sheet)
        with demo_netsuite() as netsuite, demo_web() as house:  # the web starts while the first act goes on
            self._delivery(sheet, netsuite)
            self._proof(sheet)
            SecondAct(self.telling, self.people).tell(seeded.workbook, netsuite)
            ThirdAct(self.telling, self.people).tell(netsuite, house)
            self.telling.say(netsuite.verify().rstrip())
        return self.telling.wrong

    def _world(self, seeded: Seeded) -> None:
        self.telling.chapter("The supplier")
        self.telling.say(
            f"{seeded.items} items in {Zone.objects.count()} zones, {seeded.movements} movements in ninety days, "
            f"{seeded.counts} counts in ten weeks. {seeded.pushes} of their adjustments still wait for NetSuite."
        )

    def _count(self, path: Path) -> CountSheet:
        self.telling.chapter("The walk-sheet")
        try:
            content = path.read_bytes()
            zone = _zone_of(content, path.name)
        except OSError as error:
            raise SheetRefused([f"{path} cannot be read: {error.strerror}."]) from error
        except UnreadableFile as error:
            raise SheetRefused([str(error)]) from error
        counter = self.people["counter"]
        upload = receive_upload(content=content, file_name=path.name, zone=zone, counted_at=now(), by=counter)
        self._reading(upload)
        if upload.zone:
            rows = Balance.objects.filter(location=upload.zone.location)
            self.before = dict(rows.values_list("item_id", "quantity_on_hand"))
        return confirm_upload(upload=upload, by=counter, source=CountSheet.Source.UPLOAD)

    def _reading(self, upload: Upload) -> None:
        reading = reading_of(upload)
        for part in reading.sheets:
            self.telling.say(
                f"{upload.file_name}, sheet “{part.name}”: {part.rows_in} rows in; {part.counted} counted, "
                f"{part.not_counted} not counted, {part.refused} refused."
            )
        for warning in reading.warnings:
            self.telling.say(f"Note: {warning}")
        out = reading.total("counted") + reading.total("refused") + reading.total("not_counted")
        self.telling.check("rows in = counted + not counted + refused", holds=reading.total("rows_in") == out)
        if reading.errors:
            raise SheetRefused([problem.message for problem in reading.errors])

    def _variances(self, sheet: CountSheet) -> None:
        self.telling.chapter(f"What {sheet.zone} should hold, and what was counted")
        lines = list(sheet.lines.select_related("item").order_by("pk"))
        differing = [line for line in lines if line.variance]
        headings = ("Item", "Expected", "Counted", "Variance", "%", "Value", "Verdict", "Likely because")
        self.telling.table(headings, [_row(line) for line in differing])
        counts = {kind: sum(line.classification == kind for line in lines) for kind in Classification.values}
        counted = len(lines) - counts[Classification.NOT_COUNTED]
        self.telling.say(
            f"{counted} lines counted: {counts['match']} match, {counts['within_guardrail']} within the guardrails, "
            f"{counts['needs_review']} for a person. Not counted, and left as they are: {counts['not_counted']}."
        )
        self.telling.say(f"The guardrails: {sheet.guardrail_note}.")
        gross = sum((abs(line.variance_value or Decimal(0)) for line in differing), Decimal(0))
        self.telling.check(
            f"the lines' values add up to the sheet's {dollars(sheet.gross_value)}", holds=gross == sheet.gross_value
        )
        self.telling.check(
            "every differing line was adjusted or goes to a person",
            holds=len(differing) == counts["within_guardrail"] + counts["needs_review"],
        )

    def _decisions(self, sheet: CountSheet) -> None:
        self.telling.chapter("The decision")
        envelope = ProposedAction.objects.filter(workflow_run=sheet.run, action_type=ENVELOPE).first()
        if envelope is None:
            self.telling.say("Nothing needs a person: every line matches or is within the guardrails.")
            return
        lines = list(envelope.lines.order_by("pk"))
        self._counter_may_not(envelope)
        if len(lines) > 1:
            give(envelope, {lines[0].pk: "rejected"}, by=self.people["approver"], note=REJECTED_BECAUSE, via="command")
            self.telling.say(f"approver rejects “{lines[0].title}”: {REJECTED_BECAUSE}")
        rest = {line.pk: "approved" for line in lines[-(len(lines) - 1) or None :]}
        give(envelope, rest, by=self.people["approver"], via="command")
        self.telling.say(f"approver approves the other {len(rest)} lines.")
        sign_off = ProposedAction.objects.filter(
            workflow_run=sheet.run, action_type=SIGN_OFF, status=ProposedAction.Status.PENDING
        ).first()
        if sign_off:
            give(sign_off, {sign_off.pk: "approved"}, by=self.people["second"], via="command")
            self.telling.say(f"The variance of {dollars(sheet.gross_value)} needs a second person: second signs.")
        run = sheet.run
        assert run is not None
        run.refresh_from_db()
        self.telling.check(f"the run is completed (it is {run.status})", holds=run.status == run.Status.COMPLETED)

    def _counter_may_not(self, envelope: ProposedAction) -> None:
        self.telling.say(f"counter tries to approve: “{refusal_to(envelope, self.people['counter'])}”")
        undecided = not envelope.lines.exclude(status=ProposedAction.Status.PENDING).exists()
        self.telling.check("who counted cannot approve", holds=undecided)

    def _delivery(self, sheet: CountSheet, netsuite: DemoNetSuite) -> None:
        self.telling.chapter("On the way to NetSuite")
        tell_delivery(self.telling, netsuite, Push.objects.filter(adjustment__sheet=sheet).order_by("pk"))

    def _proof(self, sheet: CountSheet) -> None:
        self.telling.chapter("Proof")
        changed = dict(sheet.lines.filter(adjustment__isnull=False).values_list("item_id", "variance"))
        rows = Balance.objects.filter(location=sheet.zone.location).values_list("item_id", "quantity_on_hand")
        after = dict(rows)
        expected = {pk: self.before.get(pk, Decimal(0)) + (changed.get(pk) or 0) for pk in after}
        self.telling.check(
            f"on hand changed by exactly the variance for {len(changed)} items, and for no other",
            holds=after == expected,
        )


def _row(line: CountLine) -> tuple[str, ...]:
    percent = "–" if line.variance_pct is None else f"{line.variance_pct:+.2f}"
    return (
        line.item.item_code,
        _plain(line.expected),
        _plain(line.counted),
        f"{(line.variance or Decimal(0)).normalize():+f}",
        percent,
        dollars(line.variance_value),
        line.get_classification_display(),
        line.suggested_reason,
    )


def _plain(number: Decimal | None) -> str:
    return "–" if number is None else f"{number.normalize():f}"


def _zone_of(content: bytes, file_name: str) -> Zone | None:
    """None for one of our printed sheets, which name their zone; else where most of the file's items live."""
    reading = read_walk_sheet(content, file_name=file_name)
    if reading.sheet_code:
        return None
    codes = {line.item_code for line in reading.lines}
    homes = Balance.objects.filter(item__item_code__in=codes, zone__isnull=False).values_list("zone", flat=True)
    found = list(homes.order_by())
    return Zone.objects.get(pk=max(sorted(set(found)), key=found.count)) if found else None


def tell_story(given: Path | None, write: Callable[[str], object]) -> tuple[int, list[str]]:
    """How many figures were checked, and those that did not add up."""
    telling = Telling(write)
    wrong = Story(telling).tell(given)
    return telling.checked, wrong
