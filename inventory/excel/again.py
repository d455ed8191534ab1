"""Manual sync: the last workbook looked at again, for one item or for all.

What moved since is netted out as ever, so looking again changes nothing that was settled; what was corrected since, or
still waits, goes to a person.
"""

from dataclasses import replace
from typing import Any

from inventory.excel.folder import sync_newest
from inventory.excel.ledger_side import last_workbook
from inventory.excel.scopes import Scope
from inventory.excel.submission import SyncRefused, start_sync
from inventory.models import ExcelSync, Item, Location
from inventory.uploads.stored import StoredReading, reading_of


def look_again(*, location: Location, by: Any, item: Item | None = None) -> ExcelSync:
    """A newer workbook from the watched folder when there is one, else the last one. Raises SyncRefused."""
    if not by.has_perm("inventory.sync_stock"):
        raise SyncRefused("You may not sync stock. Ask an administrator for the counter role.")
    newer = sync_newest(location=location, by=by)
    if newer and item is None:
        return newer
    last = last_workbook(location)
    if last is None or last.upload is None:
        raise SyncRefused(f"No workbook of {location.code} was synced yet. Upload one first.")
    reading = reading_of(last.upload)
    return start_sync(
        location=location,
        as_of=last.as_of,
        reading=_only(reading, item) if item else reading,
        source=ExcelSync.Source.AGAIN,
        by=by,
        upload=last.upload,
        scope=Scope.PART if item else Scope.WORKBOOK,
    )


def _only(reading: StoredReading, item: Item) -> StoredReading:
    lines = tuple(line for line in reading.lines if line.item_code == item.item_code)
    refused = tuple(row for row in reading.refused if row.item_code == item.item_code)
    if not lines and not refused:
        raise SyncRefused(f"{item.item_code} is not in the last workbook. Add it there, and upload it again.")
    if not lines:
        raise SyncRefused(row.message for row in refused)
    stated = sum(line.rows for line in lines if line.counted is not None)
    empty = sum(line.rows for line in lines if line.counted is None)
    sheets = tuple(
        replace(sheet, rows_in=stated + empty, counted=stated, refused=0, not_counted=empty, ignored=())
        for sheet in reading.sheets
        if sheet.name == lines[0].sheet
    )
    return replace(reading, lines=lines, refused=(), sheets=sheets)
