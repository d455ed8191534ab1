"""The workbook staff get back after a sync: their rows as they stood, and what became of each. Without any cost."""

import re
from datetime import datetime

from django.utils import timezone

from inventory.excel.gate import named
from inventory.excel.workbooks import ResultRow, result_workbook
from inventory.models import ExcelSync, SyncLine

Outcome = SyncLine.Classification
Decision = SyncLine.Decision
_AMOUNT = re.compile(r"-?\$-?[\d,]+(?:\.\d+)?")
_TWO_AMOUNTS = re.compile(rf"{_AMOUNT.pattern} is more than {_AMOUNT.pattern}")
FIELDS = (
    *("pk", "sync_id", "sheet", "row", "item_code", "description", "counted", "stated", "expected", "variance"),
    *("classification", "why", "decision", "is_flagged", "unentered", "suggested_reason"),
)


def result_of(sync: ExcelSync) -> bytes:
    """An .xlsx of the sync's stored lines, in the order of the file; items that it leaves out come last."""
    lines = sync.lines.only(*FIELDS).order_by("pk")
    order = {sheet["name"]: number for number, sheet in enumerate(sync.sheets)}
    rows = sorted(
        (_result_row(line) for line in lines), key=lambda row: (order.get(row.sheet, len(order)), row.row or 0)
    )
    return result_workbook(
        file_name=sync.upload.file_name if sync.upload else named(sync),
        facts=_facts(sync),
        rows=rows,
        ignored={sheet["name"]: len(sheet["ignored"]) for sheet in sync.sheets},
    )


def _facts(sync: ExcelSync) -> list[tuple[str, str]]:
    return [
        ("Sync", str(sync.pk)),
        ("Location", str(sync.location)),
        ("As of", _moment(sync.as_of)),
        ("Brought by", str(sync.submitted_by or sync.get_source_display())),
        ("Compared", _moment(sync.submitted_at)),
    ]


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


def _result_row(line: SyncLine) -> ResultRow:
    return ResultRow(
        sheet=line.sheet,
        row=line.row,
        item_code=line.item_code,
        description=line.description,
        in_file=line.counted,
        stated=line.stated,
        expected=line.expected,
        difference=line.variance,
        outcome=line.classification,
        what_to_do=what_to_do(line),
    )


def what_to_do(line: SyncLine) -> str:
    """The next step, as a sentence for whoever keeps the workbook."""
    kind, why = line.classification, cost_free(line.why)
    if kind in {Outcome.REVIEW, Outcome.ALERT, Outcome.MISSING_HERE}:
        return _after_decision(line, why)
    if kind == Outcome.MATCH:
        return f"Nothing. {why}." if line.unentered else "Nothing."
    if kind == Outcome.AUTO_ADJUST:
        return "Nothing: the system was adjusted to the workbook."
    if kind == Outcome.NEW_ITEM:
        return "Nothing: the item was added with this quantity."
    if kind == Outcome.NOT_STATED:
        return "Write a quantity where one is known; 0 where there is none."
    if kind == Outcome.NOT_AUTHORITY:
        return f"{why}: compared only, nothing was changed."
    return why if why.endswith(".") else f"{why}."


def _after_decision(line: SyncLine, why: str) -> str:
    if line.is_flagged and line.decision == Decision.GUARDRAIL:
        return "Nothing: posted at once by auto-fix, and flagged for a later look."
    if line.decision in {Decision.APPROVED, Decision.GUARDRAIL}:
        return "Nothing: the difference was approved, the system follows the workbook."
    if line.decision == Decision.REJECTED:
        return "Check the row: the difference was rejected, the system was left as it is."
    reason = f" ({line.suggested_reason})" if line.suggested_reason else ""
    return f"Wait: a person decides. {why}{reason}."


def cost_free(why: str) -> str:
    """The same without amounts of money, for people who may not see cost."""
    return _AMOUNT.sub("…", _TWO_AMOUNTS.sub("its value is above the limit", why)) if "$" in why else why
