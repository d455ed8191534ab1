"""How many can be had of an item now: from the ledger, with its source, its age and how sure that is.

The quantity is never the workbook's. The ledger takes off what was sold after the workbook was saved, so a file
saved this morning is not trusted blindly this afternoon.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals.business_days import business_day_of
from approvals.clock import now
from approvals.health import seconds_since
from approvals.refusals import Refused
from approvals.templatetags.figures import age, signed
from approvals.templatetags.figures import quantity as shown
from inventory.checking.confidence import Evidence, Judgement, Level, judge
from inventory.checking.questions import ask_to_look, open_question
from inventory.checking.statements import OpenProposal, Statement, last_statement, not_entered, open_proposals
from inventory.models import Authority, Balance, Item, Location, Parity, StockQuestion
from inventory.variance.expected import moved_since

NOTHING = Decimal(0)
NAMES = {Authority.EXCEL: "Excel", Authority.WMS: "The WMS", Authority.COUNT: "The count"}


class UnknownItem(Refused):
    pass


@dataclass(frozen=True)
class StockAnswer:
    """Quantities in the item's unit. `enough` is None when nobody said how many. `as_of` is the document's."""

    item: Item
    location: Location
    on_hand: Decimal
    reserved: Decimal
    quantity: Decimal
    asked: Decimal | None
    enough: bool | None
    authority: str
    document: str
    said: Decimal | None
    as_of: datetime | None
    age_seconds: int | None
    age: str
    confidence: Level
    reasons: tuple[str, ...]
    undecided: tuple[OpenProposal, ...]
    netsuite: Parity | None
    why_look: str
    question: StockQuestion | None

    @property
    def authority_name(self) -> str:
        return NAMES[Authority(self.authority)]

    @property
    def sentence(self) -> str:
        have = f"{shown(self.quantity)} {self.item.unit} of {self.item.item_code} can be had at {self.location.code}"
        if self.enough is None or self.asked is None:
            return f"{have}."
        if self.enough:
            return f"Yes: {have}, {shown(self.asked)} are wanted."
        return f"No: only {have}, {shown(self.asked)} are wanted: {shown(self.asked - self.quantity)} short."


def item_named(code: str) -> Item:
    found = Item.objects.filter(item_code=code).first()
    if found is None:
        raise UnknownItem(f"Item “{code[:60]}” is not in the catalogue. Check the code: case and leading zeros count.")
    return found


def location_named(code: str) -> Location:
    """The one with this code; without a code, the only one there is."""
    if code:
        found = Location.objects.filter(code=code).first()
        if found is None:
            raise Refused(f"location: there is no location “{code[:20]}”. {_locations()}")
        return found
    first = list(Location.objects.order_by("code")[:2])
    if len(first) != 1:
        raise Refused(f"location: say which. {_locations()}" if first else "There is no location yet. Add one first.")
    return first[0]


def _locations() -> str:
    return f"There are: {', '.join(Location.objects.order_by('code').values_list('code', flat=True)[:20])}."


def look_up(*, item: Item, location: Location, quantity: Decimal | None = None) -> StockAnswer:
    """The answer, in a constant number of queries, asking nobody. `why_look` says why somebody should be asked."""
    balance = Balance.objects.filter(item=item, location=location).first()
    if balance is None:
        balance = Balance(item=item, location=location)
        balance.quantity_available = NOTHING
    statement = last_statement(item, location, balance.authority)
    undecided = open_proposals(item, location)
    judgement = _judged(balance, statement, len(undecided))
    available = balance.quantity_available
    return StockAnswer(
        item=item,
        location=location,
        on_hand=balance.quantity_on_hand,
        reserved=balance.quantity_reserved,
        quantity=available,
        asked=quantity,
        enough=None if quantity is None else available >= quantity,
        authority=balance.authority,
        document=statement.document if statement.as_of else "",
        said=statement.said,
        as_of=statement.as_of,
        age_seconds=seconds_since(statement.as_of),
        age=f"{age(statement.as_of)} ago" if statement.as_of else "never",
        confidence=judgement.level,
        reasons=(*judgement.reasons, *_taken_into_account(item, location, statement)),
        undecided=undecided,
        netsuite=Parity.objects.filter(item=item, location=location).first(),
        why_look=_why_look(balance.authority, statement),
        question=open_question(item, location),
    )


def check_stock(*, item: Item, location: Location, quantity: Decimal | None = None, by: Any | None) -> StockAnswer:
    """The answer; where it rests on a workbook that is not from today, somebody is asked to go and look.

    Asking again finds the open question: there is one for each item and location. `by` None is the system.
    """
    answer = look_up(item=item, location=location, quantity=quantity)
    if not answer.why_look:
        return answer
    question = ask_to_look(item=item, location=location, wanted=quantity, why=answer.why_look, by=by)
    return replace(answer, question=question)


def _judged(balance: Balance, statement: Statement, undecided: int) -> Judgement:
    return judge(
        Evidence(
            authority=NAMES[Authority(balance.authority)],
            document=statement.document,
            stated_on=business_day_of(statement.as_of) if statement.as_of else None,
            standing=statement.standing,
            counted_on=business_day_of(balance.last_counted_at) if balance.last_counted_at else None,
            undecided=undecided,
            today=business_day_of(now()),
        )
    )


def _taken_into_account(item: Item, location: Location, statement: Statement) -> list[str]:
    """What the ledger knows and the document cannot."""
    told = []
    if statement.as_of:
        moved = moved_since(location, {item.pk: statement.as_of}).get(item.pk, NOTHING)
        if moved:
            told.append(f"Goods moved since then ({signed(moved)}) are taken into account.")
    sold = not_entered(item, location)
    if sold:
        told.append(f"{shown(sold)} sold are not entered in the workbook yet; they are taken off here.")
    return told


def _why_look(authority: str, statement: Statement) -> str:
    """Blind: it names no quantity, so that who goes and looks counts what is there."""
    if authority != Authority.EXCEL:
        return ""
    if statement.as_of is None:
        return "No workbook has said anything about this item yet."
    day = business_day_of(statement.as_of)
    if day == business_day_of(now()):
        return ""
    return f"The last word on it is from {day:%-d %b %Y}, not from today ({statement.document})."[:300]
