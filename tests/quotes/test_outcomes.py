"""What customers answered: line by line, in time, taken back where nothing followed from it yet."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from approvals import audit
from approvals.mail.drafting import propose_email
from approvals.models import AuditEntry, Event, JournalEntry, ProposedAction, WorkflowRun
from approvals.refusals import Refused
from quotes.expiry import expire_due, has_lapsed
from quotes.models import PricingMaster, Quote
from quotes.outcomes import LineAnswer, cancel_quote, record_answer, undo_answer
from quotes.standing import today
from tests.factories import approve, approver, reject, seen, user
from tests.quotes import factories as make

pytestmark = pytest.mark.django_db
Status = Quote.Status


@pytest.fixture
def manager() -> Any:
    return user("maria", "quote manager")


@pytest.fixture
def sent() -> Any:
    """Sent, with three lines at 40.00, to answer within a month."""
    made = make.quote(status="sent", valid_until=today() + timedelta(days=30))
    for _ in range(3):
        make.line(made)
    return made


def answer(quote: Any, *awards: str, po: str = "", by: Any, on: date | None = None, reason: str = "") -> Quote:
    """One award a line, from the first on; "" leaves a line open."""
    day = on or today()
    given = [
        LineAnswer(line.pk, award, po if award == "awarded" else "", day if po and award == "awarded" else None)
        for line, award in zip(quote.lines.order_by("position"), awards, strict=False)
        if award
    ]
    return record_answer(quote_id=quote.pk, answers=given, answered_on=day, by=by, reason=reason)


def state(quote: Any) -> tuple[str, list[str]]:
    quote.refresh_from_db()
    return quote.lifecycle_status, list(quote.lines.order_by("position").values_list("award_status", flat=True))


def test_a_partial_award_accepts_the_quote_and_leaves_the_rest_open(sent, manager):
    answer(sent, "awarded", "not_awarded", po="PO-77", by=manager)
    assert state(sent) == ("accepted", ["awarded", "not_awarded", "pending"])
    first = sent.lines.get(position=1)
    assert (first.po_number, first.po_date) == ("PO-77", today())
    answer(sent, "", "", "awarded", po="PO-78", by=manager)
    assert state(sent) == ("accepted", ["awarded", "not_awarded", "awarded"])
    told = AuditEntry.objects.filter(verb="quote.accepted")
    assert [entry.actor_name for entry in told] == ["maria", "maria"]
    assert audit.first_bad_entry() is None
    assert Event.objects.filter(name="quote.accepted", subject=f"quote:{sent.pk}").count() == 2


def test_declined_when_every_line_is_answered_and_none_awarded(sent, manager):
    answer(sent, "not_awarded", by=manager, reason="Price of the first line")
    assert state(sent)[0] == "sent"
    answer(sent, "", "not_awarded", "not_awarded", by=manager, reason="Another supplier was cheaper")
    assert state(sent)[0] == "declined"
    sent.refresh_from_db()
    assert sent.outcome_note == "Another supplier was cheaper"
    assert "0 of 3 lines awarded" in JournalEntry.objects.filter(outcome="declined").get().narrative


def test_declining_without_a_reason_is_refused(sent, manager):
    with pytest.raises(Refused, match="Say why nothing was awarded"):
        answer(sent, "not_awarded", by=manager)
    assert state(sent) == ("sent", ["pending"] * 3)


def test_every_problem_is_said_at_once_and_nothing_is_stored(sent, manager):
    other = make.line(make.quote(status="sent"))
    first, second, third = sent.lines.order_by("position")
    tomorrow = today() + timedelta(days=1)
    with pytest.raises(Refused) as refusal:
        record_answer(
            quote_id=sent.pk,
            answers=[
                LineAnswer(first.pk, "awarded", "PO-1"),
                LineAnswer(second.pk, "awarded", "x" * 61, tomorrow),
                LineAnswer(third.pk, "not_awarded", "PO-1", today()),
                LineAnswer(other.pk, "awarded"),
            ],
            answered_on=tomorrow,
            by=manager,
        )
    said = "\n".join(refusal.value.problems)
    for part in (
        "is in the future", "belong together", "longer than 60", "awarded line only", "does not belong to this quote",
    ):  # fmt: skip
        assert part in said
    assert state(sent) == ("sent", ["pending"] * 3)


def test_an_answered_line_is_not_answered_again(sent, manager):
    answer(sent, "awarded", by=manager)
    with pytest.raises(Refused, match="awarded already"):
        answer(sent, "not_awarded", by=manager, reason="No")


@pytest.mark.parametrize("status", ["draft", "proposed", "approved", "declined", "superseded", "cancelled"])
def test_no_answer_to_a_quote_that_is_not_out(status, manager):
    quote = make.quote(status=status)
    made = make.line(quote)
    with pytest.raises(Refused, match="no answer to it can be recorded"):
        record_answer(quote_id=quote.pk, answers=[LineAnswer(made.pk, "awarded")], answered_on=today(), by=manager)


def test_only_who_may_record_records(sent):
    for who in (user("q", "quoter"), user("p", "price viewer"), user("nobody")):
        with pytest.raises(Refused, match="may not record"):
            answer(sent, "awarded", by=who)
    assert state(sent)[0] == "sent"


# -- taking back --------------------------------------------------------------------------------------------


def test_a_mistaken_record_is_taken_back_and_kept_in_the_audit_trail(sent, manager):
    answer(sent, "awarded", "not_awarded", po="PO-77", by=manager)
    undo_answer(quote_id=sent.pk, by=manager, reason="It was another district")
    assert state(sent) == ("sent", ["pending"] * 3)
    entry = AuditEntry.objects.get(verb="quote.reopened")
    assert [line["po_number"] for line in entry.details["answers"]] == ["PO-77", ""]
    with pytest.raises(Refused, match="no answer to take back"):
        undo_answer(quote_id=sent.pk, by=manager, reason="Again")


# -- the pricing master --------------------------------------------------------------------------------------


def offered_at(price: str, *, master: str | None, manager: Any) -> tuple[Any, Any]:
    """A sent quote of one line, and the line."""
    quote = make.quote(status="sent", valid_until=today())
    item = make.spec_item()
    if master is not None:
        make.master_price(quote.customer, item, master)
    line = make.line(quote, item, price)
    answer(quote, "awarded", by=manager)
    return quote, line


def envelope() -> ProposedAction:
    return ProposedAction.objects.get(action_type="pricing_updates")


def test_an_awarded_price_is_proposed_with_the_old_one_and_applied_on_approval(manager):
    quote, line = offered_at("38.50", master="40", manager=manager)
    proposed = envelope().lines.get()
    assert (proposed.payload["master_price"], proposed.payload["awarded_price"]) == ("40.00", "38.50")
    price = PricingMaster.objects.get()
    assert price.case_price == 40
    boss = approver("boss")
    approve(envelope(), boss)
    price.refresh_from_db()
    assert (price.case_price, price.cost_basis) == (Decimal("38.5"), 30)
    last, first = price.history.all()
    assert (last.case_price, first.case_price) == (Decimal("38.5"), 40)
    assert (last.history_user, last.history_change_reason) == (boss, f"Awarded in {quote}, was 40.00")
    assert AuditEntry.objects.get(verb="prices.updated").details["changes"][0]["master_price"] == "40.00"
    assert line.spec_item == price.spec_item


def test_a_price_the_master_lacks_is_created_with_the_lines_cost(manager):
    quote, line = offered_at("38.50", master=None, manager=manager)
    approve(envelope(), approver())
    price = PricingMaster.objects.get(customer=quote.customer, spec_item=line.spec_item, school_year=quote.school_year)
    assert (price.case_price, price.cost_basis, price.cost_date) == (Decimal("38.5"), line.cost_basis, line.cost_date)


def test_the_masters_own_price_proposes_nothing(manager):
    offered_at("40", master="40.0000", manager=manager)
    assert not ProposedAction.objects.exists()


def test_who_recorded_the_award_does_not_approve_its_price(manager):
    manager.groups.add(*approver().groups.all())
    offered_at("38.50", master="40", manager=manager)
    with pytest.raises(Refused, match="took part"):
        approve(envelope(), type(manager).objects.get(pk=manager.pk))


def test_a_master_that_moved_meanwhile_is_shown_again(manager):
    offered_at("38.50", master="40", manager=manager)
    boss, waiting = approver(), envelope()
    shown = seen(waiting)
    PricingMaster.objects.update(case_price=39)
    with pytest.raises(Refused, match="40.00 → 39.00"):
        approve(waiting, boss, seen_hash=shown)
    assert PricingMaster.objects.get().case_price == 39


def test_taking_the_answer_back_withdraws_what_waits_and_respects_what_was_applied(manager):
    quote, _ = offered_at("38.50", master="40", manager=manager)
    undo_answer(quote_id=quote.pk, by=manager, reason="Wrong district")
    assert set(ProposedAction.objects.values_list("status", flat=True)) == {"withdrawn"}
    answer(quote, "awarded", by=manager)
    approve(ProposedAction.objects.filter(action_type="pricing_updates", status="pending").get(), approver())
    with pytest.raises(Refused, match="pricing master already"):
        undo_answer(quote_id=quote.pk, by=manager, reason="Wrong district")
    assert state(quote)[0] == "accepted"


def test_a_rejected_price_change_leaves_the_master_alone(manager):
    offered_at("38.50", master="40", manager=manager)
    reject(envelope(), approver())
    assert PricingMaster.objects.get().case_price == 40


# -- expiry --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "expired"),
    [
        # Midnight in New York on 30 June is 04:00 UTC of 1 July.
        (datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 3, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC), True),
    ],
)
def test_a_quote_stands_to_the_end_of_its_last_day_where_the_company_is(moment, expired):
    quote = make.quote(status="sent", valid_until=date(2026, 6, 30))
    with time_machine.travel(moment, tick=False):
        assert has_lapsed(quote) is expired
        assert expire_due() == expired
    assert state(quote)[0] == ("expired" if expired else "sent")


def test_expiry_never_overwrites_an_answer_and_happens_once(manager):
    yesterday = today() - timedelta(days=1)
    accepted, declined, waiting = (
        make.quote(status=status, valid_until=yesterday) for status in ("accepted", "declined", "sent")
    )
    assert (expire_due(), expire_due()) == (1, 0)
    assert [state(quote)[0] for quote in (accepted, declined, waiting)] == ["accepted", "declined", "expired"]
    assert AuditEntry.objects.get(verb="quote.expired").actor_name == "system"


def test_an_answer_in_time_counts_though_it_is_typed_in_late(manager):
    last_day = today() - timedelta(days=3)
    quote = make.quote(status="sent", valid_until=last_day)
    make.line(quote)
    expire_due()
    with pytest.raises(Refused, match="came too late. Extend the quote"):
        answer(quote, "awarded", by=manager)
    answer(quote, "awarded", po="PO-9", on=last_day, by=manager)
    assert state(quote) == ("accepted", ["awarded"])


# -- cancelling ----------------------------------------------------------------------------------------------


def test_cancelling_an_approved_quote_takes_its_email_draft_along(manager):
    run = WorkflowRun.objects.create(workflow_type="customer_quote")
    quote = make.quote(status="approved", workflow_run=run)
    draft = propose_email(
        mailbox="food@district.example", template="quote", subject="Quote", body="See it", run=run, entity_ref="quote:1"
    )
    cancel_quote(quote_id=quote.pk, by=manager, reason="The district asked us to wait")
    draft.refresh_from_db()
    assert (state(quote)[0], draft.status) == ("cancelled", "withdrawn")
    assert quote.outcome_note == "The district asked us to wait"


def test_cancelling_needs_a_reason_a_permission_and_a_quote_without_an_answer(manager):
    quote, answered = make.quote(status="approved"), make.quote(status="accepted")
    with pytest.raises(Refused, match="Say why"):
        cancel_quote(quote_id=quote.pk, by=manager, reason=" ")
    with pytest.raises(Refused, match="may not cancel"):
        cancel_quote(quote_id=quote.pk, by=user("q", "quoter"), reason="No")
    with pytest.raises(Refused, match="is accepted and stays so"):
        cancel_quote(quote_id=answered.pk, by=manager, reason="No")
    draft = make.quote()
    cancel_quote(quote_id=draft.pk, by=user("q2", "quoter"), reason="Typed twice")
    assert state(draft)[0] == "cancelled"
