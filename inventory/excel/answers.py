"""What a person found is a source like any other: one line, compared, judged by the tiers, posted or proposed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.excel.comparing import ComparedRow, compare
from inventory.excel.scopes import Scope
from inventory.excel.submission import start_sync
from inventory.models import ExcelSync, Item, Location, StockQuestion
from inventory.uploads.stored import CheckedLine, SheetRows, StoredReading


def sync_answer(question: StockQuestion, by: Any) -> ExcelSync:
    """Compare what was found with the ledger, as of when it was answered. Raises SyncRefused."""
    if question.found is None or question.answered_at is None:
        raise ValueError("The question has no answer yet.")
    found, when = question.found, question.answered_at
    return _sync(question.item, question.location, found, when, by, f"{found.normalize():f}", Scope.PERSON)


def sync_dispute(*, item: Item, location: Location, found: Decimal, when: datetime, reason: str, by: Any) -> ExcelSync:
    """As an answer, but it holds against whoever has the authority. Raises SyncRefused."""
    return _sync(item, location, found, when, by, f"{found.normalize():f}: {reason}", Scope.DISPUTE)


def compare_dispute(*, item: Item, location: Location, found: Decimal, when: datetime) -> ComparedRow:
    """What stating it would come to, by the same comparison; nothing is stored."""
    line = _line(item, found, f"{found.normalize():f}")
    [row] = compare(location=location, as_of=when, lines=[line], scope=Scope.DISPUTE).rows
    return row


def _sync(
    item: Item, location: Location, found: Decimal, when: datetime, by: Any, said: str, scope: Scope
) -> ExcelSync:
    line = _line(item, found, said)
    return start_sync(
        location=location,
        as_of=when,
        reading=StoredReading(
            source=ExcelSync.Source.ANSWER, sheets=(SheetRows("Answer", True, 1, 1, 0, 0),), lines=(line,)
        ),
        source=ExcelSync.Source.ANSWER,
        by=by,
        scope=scope,
    )


def _line(item: Item, found: Decimal, said: str) -> CheckedLine:
    return CheckedLine(item_code=item.item_code, counted=found, read=said, sheet="Answer", row=1, place="The answer")
