"""What Excel and the system still disagree about, each with the action asked for."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import ProposedAction
from inventory.day_end.contents import digits
from inventory.excel.ledger_side import last_workbook
from inventory.models import DayEndReport, Location, SyncLine

Kind = SyncLine.Classification
UNDECIDED = Q(proposed_action__status=ProposedAction.Status.PENDING)
MISSING = Q(classification=Kind.MISSING_THERE) | Q(classification=Kind.MISSING_HERE, proposed_action=None)
FLAGGED = Q(is_flagged=True, reviewed_at=None)


@dataclass(frozen=True)
class Discrepancy:
    """`in_excel` and `here` are quantities at the time of the workbook, "" for a side that has none."""

    item_code: str
    description: str
    kind: str
    in_excel: str
    here: str
    action: str


def discrepancies(location: Location) -> list[Discrepancy]:
    """Sorted by item code: undecided proposals of any day, and what the last workbook left open."""
    return [_discrepancy(line) for line in open_lines(location).order_by("item__item_code", "pk")]


def open_lines(location: Location) -> QuerySet[SyncLine]:
    lines = SyncLine.objects.filter(sync__location=location).select_related("item")
    last = last_workbook(location)
    if last is None:
        return lines.filter(UNDECIDED)
    # Single items may have been looked at again since; what was found then counts.
    later = SyncLine.objects.filter(item=OuterRef("item"), sync__location=location, sync__gt=OuterRef("sync"))
    newest = lines.filter(MISSING | FLAGGED, sync__gte=last).filter(~Exists(later))
    return lines.filter(UNDECIDED | Q(pk__in=newest.values("pk")))


def _discrepancy(line: SyncLine) -> Discrepancy:
    return Discrepancy(
        item_code=line.item.item_code if line.item else line.item_code,
        description=line.item.description if line.item else line.description,
        kind=line.classification,
        in_excel=_or_nothing(line.counted),
        here=_or_nothing(line.expected),
        action=action_for(line),
    )


def action_for(line: SyncLine) -> str:
    """The sentence that says what is wrong and what to do."""
    excel, here = _or_nothing(line.counted), _or_nothing(line.expected)
    match line.classification:
        case Kind.REVIEW | Kind.ALERT if not line.is_flagged:
            waits = "Nothing changes until it is approved." if line.classification == Kind.ALERT else ""
            return f"Excel says {excel}, the system {here}. Please verify the physical stock. {waits}".strip()
        case Kind.MISSING_THERE:
            return f"Excel does not have it, the system says {here or 0}. Please add its row, or say why it is gone."
        case Kind.MISSING_HERE:
            return f"Excel says {excel or 'nothing'}, the system does not have it here. Please verify the item code."
        case _:
            return (
                f"The system was set from {here} to Excel’s {excel} by itself. Please look at it and mark it reviewed."
            )


def _or_nothing(quantity: Decimal | None) -> str:
    return "" if quantity is None else digits(quantity)


def discrepancies_of(report: DayEndReport) -> list[Discrepancy]:
    return [Discrepancy(**row) for row in report.discrepancies]
