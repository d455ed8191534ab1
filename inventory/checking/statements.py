"""What the authority on an item said last, and everything about the item that still waits for a decision."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum

from approvals.models import ProposedAction
from inventory.checking.confidence import Standing
from inventory.models import (
    Authority,
    CountLine,
    ExcelSync,
    ExcelUpdate,
    Item,
    Location,
    Parity,
    SyncLine,
    VarianceLine,
    WmsStanding,
)

Decision = VarianceLine.Decision
PENDING = ProposedAction.Status.PENDING


@dataclass(frozen=True)
class Statement:
    """`as_of` None: it never said anything. `said` is its quantity on hand at that moment, in the item's unit."""

    document: str
    as_of: datetime | None = None
    said: Decimal | None = None
    standing: Standing = Standing.AGREES


@dataclass(frozen=True)
class OpenProposal:
    action_id: int
    title: str


def last_statement(item: Item, location: Location, authority: str) -> Statement:
    """Of the source that has the authority; the others' figures do not count here."""
    if authority == Authority.EXCEL:
        return _of_excel(item, location)
    if authority == Authority.COUNT:
        return _of_count(item, location)
    return _of_wms(item, location)


def _of_wms(item: Item, location: Location) -> Statement:
    rows = WmsStanding.objects.filter(item=item, client__location=location).select_related("client")
    row = rows.order_by("-client__is_enabled", "-taken_at").first()
    if row is None:
        return Statement("last message of the WMS")
    return Statement(f"update {row.sequence} of {row.client}", row.as_of, row.quantity)


def _of_excel(item: Item, location: Location) -> Statement:
    """Rows a workbook leaves out or empty say nothing, so an older workbook may be the last that speaks of the item."""
    rows = SyncLine.objects.filter(item=item, sync__location=location, counted__isnull=False)
    line = (
        rows.exclude(classification=SyncLine.Classification.REFUSED)
        .select_related("sync__upload", "sync__submitted_by")
        .order_by("-sync__as_of", "-pk")
        .first()
    )
    if line is None:
        return Statement("workbook")
    return Statement(_document(line.sync), line.sync.as_of, line.counted, _standing_of_row(line))


def _standing_of_row(line: SyncLine) -> Standing:
    """What only the workbook knew was opened with its quantity; what auto-fix posted is still to be looked at."""
    if line.classification == SyncLine.Classification.NEW_ITEM:
        return Standing.AGREES
    standing = _standing(line)
    is_unseen = line.is_flagged and line.reviewed_at is None
    return Standing.UNSEEN if is_unseen and standing == Standing.AGREES else standing


def _document(sync: ExcelSync) -> str:
    if sync.source == ExcelSync.Source.ANSWER:
        return f"answer of {sync.submitted_by or 'a person'}, sync {sync.pk}"
    name = f" {sync.upload.file_name}" if sync.upload else ""
    return f"workbook{name}, sync {sync.pk}"


def _of_count(item: Item, location: Location) -> Statement:
    rows = CountLine.objects.filter(item=item, sheet__zone__location=location, counted__isnull=False)
    line = rows.select_related("sheet").order_by("-counted_at", "-pk").first()
    if line is None:
        return Statement("count")
    return Statement(f"count on sheet {line.sheet.code}", line.counted_at, line.counted, _standing(line))


def _standing(line: SyncLine | CountLine) -> Standing:
    if not line.variance or line.decision in {Decision.GUARDRAIL, Decision.APPROVED}:
        return Standing.AGREES
    return Standing.REJECTED if line.decision == Decision.REJECTED else Standing.UNDECIDED


def open_proposals(item: Item, location: Location) -> tuple[OpenProposal, ...]:
    """From counts, from syncs, and corrections to NetSuite; oldest first."""
    about = {"item": item, "proposed_action__status": PENDING}
    counted = CountLine.objects.filter(sheet__zone__location=location, **about).order_by().values("proposed_action")
    synced = SyncLine.objects.filter(sync__location=location, **about).order_by().values("proposed_action")
    apart = Parity.objects.filter(item=item, location=location, correction__status=PENDING)
    found = ProposedAction.objects.filter(
        Q(pk__in=counted) | Q(pk__in=synced) | Q(pk__in=apart.order_by().values("correction"))
    )
    return tuple(OpenProposal(*row) for row in found.order_by("pk").values_list("pk", "title"))


def not_entered(item: Item, location: Location) -> Decimal:
    """Units sold that the staff has not entered in the workbook yet."""
    rows = ExcelUpdate.objects.filter(item=item, location=location, status=ExcelUpdate.Status.PENDING)
    return rows.aggregate(units=Sum("sold"))["units"] or Decimal(0)
