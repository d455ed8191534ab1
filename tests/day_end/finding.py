"""What a sync found, as its rows: the end of the day only reads them."""

from decimal import Decimal
from typing import Any

from approvals.clock import now
from approvals.models import ProposedAction
from inventory.models import ExcelSync, Item, Location, SyncLine, Upload


def synced(location: Location, source: str = "upload") -> ExcelSync:
    """Of a workbook, unless a person answered."""
    upload = None
    if source != "answer":
        digest = f"{ExcelSync.objects.count():064d}"
        upload = Upload.objects.create(
            file_name="stock.xlsx", sha256=digest, size=1, status="confirmed", kind="stock", location=location
        )
    return ExcelSync.objects.create(location=location, source=source, upload=upload, as_of=now(), submitted_at=now())


def found(sync: ExcelSync, item: Item, kind: str, counted: Any = None, expected: Any = None, **more: Any) -> SyncLine:
    """A line; of review and alert with its undecided proposal."""
    if kind in {"review", "alert"} and "proposed_action" not in more:
        more["proposed_action"] = ProposedAction.objects.create(
            action_type="excel_adjustment", title=item.item_code, entity_type="sync", entity_ref=f"line:{item.pk}"
        )
    return SyncLine.objects.create(
        sync=sync,
        item=item,
        item_code=item.item_code,
        classification=kind,
        counted=None if counted is None else Decimal(counted),
        expected=None if expected is None else Decimal(expected),
        **more,
    )
