"""Five quotes, one in each state a visitor looks for: expired, partly awarded, running out, with its e-mail, drafted.

Each goes through the real operations with the clock set back, so numbers, PDFs, e-mails and the audit chain are what
the program makes of them. Nothing is sent to NetSuite here: the estimates wait for the first drain.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from approvals import engine
from approvals.clock import at, now
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.mail.sending import send_due
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import content_hash, decide, live_numbers
from netsuite.decisions import cancel_push
from quotes.demo.keeping import history_by_the_clock
from quotes.drafting import Frame, draft_quote
from quotes.expiry import expire_due
from quotes.gate import draft_action
from quotes.models import Customer, Quote, QuoteLine
from quotes.outcomes import LineAnswer, record_answer
from quotes.pricing import PriceBasis
from quotes.school_years import SchoolYear
from quotes.steps import quote_of
from quotes.wishes import LineWish

DRAFTED, APPROVED, MAILED, CHECKED, ANSWERED, EXPIRED = (
    time(9, 40), time(14, 10), time(14, 35), time(16, 0), time(11, 20), time(0, 20),
)  # fmt: skip
STANDS = timedelta(days=30)
LAST_SPRING = timedelta(days=45)  # before the school year: mid-May
NOI = PriceBasis.NOI


@dataclass(frozen=True)
class Asked:
    """What a district asked for: item code, cases a year, and a basis other than the commercial one."""

    customer: str
    lines: tuple[tuple[str, int, PriceBasis], ...]
    notes: str = ""
    bid: str = ""


def _of(*items: tuple[str, int] | tuple[str, int, PriceBasis]) -> tuple[tuple[str, int, PriceBasis], ...]:
    return tuple((item[0], item[1], item[2] if len(item) == 3 else PriceBasis.COMMERCIAL) for item in items)


RAN_OUT = Asked(
    "OAK",
    _of(("004417", 160), ("100226", 220), ("BEV-0325", 900), ("SNK-0112", 340), ("SPC-0107", 210), ("SPC-0119", 300)),
    bid="RFQ 11",
)
PARTLY_AWARDED = Asked(
    "MIL",
    _of(("004417", 240), ("100218", 180), ("BEV-0302", 620), ("FRZ-3310", 410, NOI), ("FRZ-3340", 260, NOI),
        ("SPC-0101", 150), ("SPC-0110", 330)),
    bid="IFB 07",
)  # fmt: skip
RUNS_OUT_SOON = Asked(
    "LAK",
    _of(("100218", 90), ("100336", 75), ("BEV-0302", 280), ("SPC-0106", 120), ("SPC-0116", 400, NOI)),
    notes="Deliveries may begin two weeks after your order.",
)
NOT_MAILED_YET = Asked(
    "RIV", _of(("004425", 130), ("100355", 260), ("BEV-0301", 450), ("FRZ-3310", 300), ("SPC-0120", 170))
)
THIN_MARGIN = Asked(
    "NVS", _of(("004417", 110), ("100226", 140), ("FRZ-3311", 380, NOI), ("SPC-0107", 95), ("SPC-0119", 240))
)
LOST = {"BEV-0302", "SPC-0101"}  # lines of PARTLY_AWARDED that another supplier got


def make_quotes(people: dict[str, Any], year: SchoolYear) -> int:
    """In the order in which they happened; returns how many there are, drafts that wait included."""
    today = timezone.localdate(now())
    with history_by_the_clock():
        _let_run_out(people, year.previous)
        _partly_awarded(people, year, today)
        _sent(people, RUNS_OUT_SOON, year, _working_day(today, 21), valid_until=today + timedelta(days=9))
        day = _working_day(today, 3)
        _approved(people, NOT_MAILED_YET, year, day, day + STANDS)
        day = _working_day(today, 1)
        with _moment(day, DRAFTED):
            _draft(people, THIN_MARGIN, year, day + STANDS)
    return WorkflowRun.objects.filter(workflow_type="customer_quote").count()


def _let_run_out(people: dict[str, Any], year: SchoolYear) -> None:
    """Nobody answered, and it ran out before NetSuite was connected, so its estimate is taken out of the queue."""
    day = _working_day(year.first_day - LAST_SPRING, 0)
    quote = _sent(people, RAN_OUT, year, day, valid_until=day + STANDS)
    with _moment(day + STANDS + timedelta(days=1), EXPIRED):
        expire_due()
    quote.refresh_from_db()
    assert quote.push is not None
    with _moment(day + STANDS + timedelta(days=1), DRAFTED):
        cancel_push(
            push=quote.push, by=people["approver"], reason="The offer ran out unanswered; no estimate is needed."
        )


def _partly_awarded(people: dict[str, Any], year: SchoolYear, today: date) -> None:
    sent_on, answered_on = _working_day(today, 42), _working_day(today, 24)
    quote = _sent(people, PARTLY_AWARDED, year, sent_on, valid_until=sent_on + STANDS)
    Award = QuoteLine.Award
    answers = [
        LineAnswer(line.pk, Award.NOT_AWARDED, note="Another supplier was cheaper")
        if line.item_code in LOST
        else LineAnswer(line.pk, Award.AWARDED, po_number="PO 7714", po_date=answered_on)
        for line in quote.lines.all()
    ]
    with _moment(answered_on, ANSWERED):
        record_answer(quote_id=quote.pk, answers=answers, answered_on=answered_on, by=people["approver"])


def _sent(people: dict[str, Any], asked: Asked, year: SchoolYear, day: date, *, valid_until: date) -> Quote:
    """Drafted, approved and e-mailed on one day."""
    quote = _approved(people, asked, year, day, valid_until)
    email = ProposedAction.objects.get(workflow_run=quote.workflow_run, action_type=EMAIL_DRAFT)
    with _moment(day, MAILED):
        _approve(people, email)
        send_due()
    with _moment(day, CHECKED):
        engine.run_due_checks()
    quote.refresh_from_db()
    return quote


def _approved(people: dict[str, Any], asked: Asked, year: SchoolYear, day: date, valid_until: date) -> Quote:
    with _moment(day, DRAFTED):
        run = _draft(people, asked, year, valid_until)
    with _moment(day, APPROVED):
        _approve(people, draft_action(run))
    quote = quote_of(run)
    if quote is None:
        raise RuntimeError(f"{run} made no quote: {run.steps.exclude(error='').first()}")
    return quote


def _draft(people: dict[str, Any], asked: Asked, year: SchoolYear, valid_until: date) -> WorkflowRun:
    return draft_quote(
        customer_id=Customer.objects.get(code=asked.customer).pk,
        school_year=year,
        lines=[LineWish(code, Decimal(cases), basis) for code, cases, basis in asked.lines],
        by=people["quoter"],
        frame=Frame(valid_until=valid_until, bid_reference=asked.bid, notes=asked.notes),
    )


def _approve(people: dict[str, Any], action: ProposedAction) -> None:
    seen = content_hash(live_numbers(action))
    decide(action_id=action.pk, by=people["approver"], verdict="approved", seen_hash=seen, via="admin")


def _working_day(before: date, days: int) -> date:
    """So many days earlier; the Friday, when that is a weekend."""
    day = before - timedelta(days=days)
    return day - timedelta(days=max(0, day.weekday() - 4))


@contextmanager
def _moment(day: date, clock: time) -> Iterator[None]:
    with at(timezone.make_aware(datetime.combine(day, clock))):
        yield
