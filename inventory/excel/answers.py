"""What a person found is a source like any other: one line, compared, judged by the tiers, posted or proposed."""

from typing import Any

from inventory.excel.scopes import Scope
from inventory.excel.submission import start_sync
from inventory.models import ExcelSync, StockQuestion
from inventory.uploads.stored import CheckedLine, SheetRows, StoredReading


def sync_answer(question: StockQuestion, by: Any) -> ExcelSync:
    """Compare what was found with the ledger, as of when it was answered. Raises SyncRefused."""
    if question.found is None or question.answered_at is None:
        raise ValueError("The question has no answer yet.")
    line = CheckedLine(
        item_code=question.item.item_code,
        counted=question.found,
        read=f"{question.found.normalize():f}",
        sheet="Answer",
        row=1,
        place="The answer",
    )
    return start_sync(
        location=question.location,
        as_of=question.answered_at,
        reading=StoredReading(
            source=ExcelSync.Source.ANSWER, sheets=(SheetRows("Answer", True, 1, 1, 0, 0),), lines=(line,)
        ),
        source=ExcelSync.Source.ANSWER,
        by=by,
        scope=Scope.PERSON,
    )
