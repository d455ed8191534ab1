"""What a workbook said of an item, as a sync leaves it behind."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals.clock import now
from inventory.excel.submission import start_sync
from inventory.models import Balance, ExcelSync, Item, SyncLine, Upload, Zone
from inventory.stock.authority import set_authority
from inventory.uploads.stored import CheckedLine, StoredReading


def kept_in_excel(what: Item, home: Zone) -> None:
    rows = Balance.objects.filter(item=what, location=home.location)
    set_authority(balances=rows, authority="excel", by=None, reason="Kept in the workbook")


def workbook(home: Zone, *, as_of: datetime | None = None, name: str = "stock.xlsx", **more: Any) -> ExcelSync:
    upload = Upload.objects.create(
        file_name=name, sha256=f"{Upload.objects.count():064d}", size=1, status="confirmed", kind="stock"
    )
    given = {"source": "upload", "upload": upload, "as_of": as_of or now(), **more}
    return ExcelSync.objects.create(location=home.location, **given)


def says(
    sync: ExcelSync, what: Item, counted: int | None, *, expected: int = 0, classification: str = "", **more: Any
) -> SyncLine:
    """A row of the file; a match when it says what was expected."""
    variance = None if counted is None else Decimal(counted - expected)
    kind = classification or ("review" if variance else "match")
    given = {"item_code": what.item_code, "classification": kind, **more}
    stated = None if counted is None else Decimal(counted)
    return SyncLine.objects.create(
        sync=sync, item=what, counted=stated, expected=Decimal(expected), variance=variance, **given
    )


def synced(home: Zone, stated: dict[str, int], *, as_of: datetime | None = None, **more: Any) -> ExcelSync:
    """A workbook with one row an item, taken through the sync."""
    lines = [
        CheckedLine(code, Decimal(counted), str(counted), "Stock", row, f"Stock, row {row}")
        for row, (code, counted) in enumerate(stated.items(), 2)
    ]
    reading = StoredReading("command", lines=tuple(lines))
    return start_sync(location=home.location, as_of=as_of or now(), reading=reading, source="command", by=None, **more)
