"""A question to a person who can go and look: asked once, answered or cancelled once, never forgotten."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.clock import now
from approvals.refusals import Refused
from inventory.checking.handing_over import hand_over
from inventory.checking.telling import give_to_stock_keepers, overdue_key, tell_if_nobody_is_named
from inventory.counting.submission import CountedItem, problems_with
from inventory.models import Item, Location, StockQuestion

Status = StockQuestion.Status
ANSWER = "inventory.answer_stockquestion"
LONGEST_NOTE = 300


class QuestionClosed(Refused):
    pass


def open_question(item: Item, location: Location) -> StockQuestion | None:
    rows = StockQuestion.objects.filter(item=item, location=location, status=Status.OPEN)
    return rows.select_related("item", "location", "assigned_to").first()


def ask_to_look(*, item: Item, location: Location, wanted: Decimal | None, why: str, by: Any | None) -> StockQuestion:
    """Open a question for the location's stock keeper, or return the one that is open already."""
    keeper = location.stock_keeper
    with transaction.atomic():
        question, is_new = StockQuestion.objects.select_related("item", "location", "assigned_to").get_or_create(
            item=item,
            location=location,
            status=Status.OPEN,
            defaults={
                "wanted": wanted,
                "why": why[:300],
                "asked_by": by,
                "assigned_to": keeper,
                "due_at": now() + timedelta(hours=settings.STOCK_QUESTION_HOURS),
            },
        )
        if is_new:
            audit.append(
                actor=by, verb="stock_question.asked", entity_ref=f"stock_question:{question.pk}",
                details={"item_code": item.item_code, "location": location.code, "wanted": wanted, "why": why},
            )  # fmt: skip
        elif keeper and question.assigned_to is None:
            give_to_stock_keepers()
            question.refresh_from_db(fields=["assigned_to"])
        tell_if_nobody_is_named(location)
    return question


def may_answer(question: StockQuestion, user: Any) -> bool:
    """The person it was given to, or anybody with the permission."""
    return question.assigned_to_id == user.pk or bool(user.has_perm(ANSWER))


def answer_question(*, question: StockQuestion, found: Decimal, by: Any, note: str = "") -> StockQuestion:
    """Store what was found, once, and hand it to the sync, which adjusts or proposes by its tiers.

    The same answer of the same person again is a double click and changes nothing.
    """
    note = note.strip()
    problems = [sentence for _, sentence in problems_with([CountedItem(question.item.item_code, found)], now())]
    problems += _too_long(note)
    if problems:
        raise Refused(problems)
    with transaction.atomic():
        said = {"found": found, "answered_by": by, "answered_at": now(), "note": note}
        is_first = _close(question, by, Status.ANSWERED, **said)
        if is_first:
            _remember(question, "stock_question.answered", by, {"found": found, "note": note})
        elif not (question.status == Status.ANSWERED and question.answered_by == by and question.found == found):
            raise _closed(question)
    if is_first:
        hand_over(question)
    return question


def cancel_question(*, question: StockQuestion, by: Any, note: str) -> StockQuestion:
    """Nobody needs to look any more; the note says why."""
    note = note.strip()
    problems = _too_long(note) if note else ["Say why nobody needs to look any more: this is kept with the question."]
    if problems:
        raise Refused(problems)
    with transaction.atomic():
        if not _close(question, by, Status.CANCELLED, note=note):
            raise _closed(question)
        _remember(question, "stock_question.cancelled", by, {"note": note})
    return question


def _too_long(note: str) -> list[str]:
    if len(note) <= LONGEST_NOTE:
        return []
    return [f"The note has {len(note)} characters; {LONGEST_NOTE} are the most. Shorten it."]


def _close(question: StockQuestion, by: Any, status: str, **values: Any) -> bool:
    """One conditional change: of two people, or a double click, one wins. The row is read again either way."""
    if not may_answer(question, by):
        raise Refused("This question was given to somebody else. Ask an administrator for the counter role.")
    won = StockQuestion.objects.filter(pk=question.pk, status=Status.OPEN).update(status=status, **values)
    question.refresh_from_db()
    return bool(won)


def _remember(question: StockQuestion, verb: str, by: Any, details: dict[str, Any]) -> None:
    resolve_alert(key=overdue_key(question.pk), by=by)
    tell_if_nobody_is_named(question.location)
    ref = f"stock_question:{question.pk}"
    told = {"item_code": question.item.item_code, "location": question.location.code, **details}
    audit.append(actor=by, verb=verb, entity_ref=ref, details=told)


def _closed(question: StockQuestion) -> QuestionClosed:
    if question.status == Status.CANCELLED:
        return QuestionClosed(f"This question was cancelled in the meantime: {question.note}")
    at = f"{question.answered_at:%Y-%m-%d %H:%M %Z}"
    return QuestionClosed(f"{question.answered_by} answered this already, at {at}. Nothing was changed.")


def open_questions_for(user: Any) -> QuerySet[StockQuestion]:
    """Theirs, and for those who may answer any also those that were given to nobody. The most urgent first."""
    mine = Q(assigned_to=user)
    if user.has_perm(ANSWER):
        mine |= Q(assigned_to=None)
    rows = StockQuestion.objects.filter(mine, status=Status.OPEN)
    return rows.select_related("item", "location").order_by("due_at", "pk")
