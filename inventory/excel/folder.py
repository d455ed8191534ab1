"""The watched folder: staff drop the workbook, the program fetches it, and never touches the file.

Each location has a folder named after its code; with a single location, files beside it count too. A workbook that is
refused, or looks like the wrong one, waits for a person instead of being synced. A file is looked at once for each time
it was saved; the same bytes again change nothing.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.refusals import Refused
from inventory.excel.committing import commit_workbook, preview_workbook
from inventory.excel.receiving import receive_workbook
from inventory.models import ExcelSync, Location, Upload

log = logging.getLogger(__name__)
KINDS = {".xlsx", ".xlsm", ".xls", ".ods", ".csv"}
SETTLED_AFTER = timedelta(seconds=5)
"""A file changed more recently may still be being copied."""


@dataclass(frozen=True)
class Dropped:
    name: str
    saved_at: datetime


def look_into_folders() -> list[ExcelSync]:
    """Sync the newest workbook of every location that was not looked at yet."""
    found = []
    for location in Location.objects.order_by("pk"):
        try:
            sync = sync_newest(location=location, by=None)
        except Exception:  # one location's folder must not keep the others waiting
            log.exception("the watched folder of %s", location.code)
            continue
        if sync:
            found.append(sync)
    return found


def sync_newest(*, location: Location, by: Any | None) -> ExcelSync | None:
    """The sync of a workbook that lies in the folder and is newer than what we know; None when there is none.

    Reads a file, so never call it inside a transaction. `by` is who caused the look; the workbook is nobody's.
    """
    newest = max(_dropped(location), key=lambda file: file.saved_at, default=None)
    if newest is None or now() - newest.saved_at < SETTLED_AFTER or _was_seen(location, newest):
        return None
    with storages["excel"].open(newest.name) as file:
        content = file.read()
    upload = receive_workbook(
        content=content,
        file_name=PurePosixPath(newest.name).name,
        location=location,
        by=None,
        saved_at=newest.saved_at,
        source=ExcelSync.Source.FOLDER,
    )
    return _take(upload, location)


def _take(upload: Upload, location: Location) -> ExcelSync | None:
    if upload.status == Upload.Status.REFUSED:
        _ask_for_a_look(location, f"“{upload.file_name}” was refused: {upload.reason}", upload)
        return None
    suspicions = preview_workbook(upload).comparison.suspicions
    if suspicions:
        _ask_for_a_look(location, f"“{upload.file_name}” waits for a person: {' '.join(suspicions)}", upload)
        return None
    try:
        sync = commit_workbook(upload=upload, by=None, auto_fix=settings.EXCEL_AUTO_FIX)
    except Refused as refusal:
        _ask_for_a_look(location, f"“{upload.file_name}” was not synced: {refusal}", upload)
        return None
    resolve_alert(key=_alert(location))
    return sync


def _dropped(location: Location) -> Iterable[Dropped]:
    """The workbooks that lie there now. Lock files of spreadsheet programs (~$...) are none."""
    store = storages["excel"]
    folders = [location.code, *([""] if Location.objects.count() == 1 else [])]
    for folder in folders:
        try:
            _, names = store.listdir(folder)
        except FileNotFoundError:
            continue
        for name in names:
            path = PurePosixPath(folder) / name
            if path.suffix.lower() in KINDS and not name.startswith(("~$", ".")):
                yield Dropped(str(path), store.get_modified_time(str(path)))


def _was_seen(location: Location, file: Dropped) -> bool:
    seen = Upload.objects.filter(kind=Upload.Kind.STOCK, location=location, saved_at=file.saved_at)
    return seen.filter(file_name=PurePosixPath(file.name).name).exists()


def _alert(location: Location) -> str:
    return f"watched-folder-{location.pk}"


def _ask_for_a_look(location: Location, sentence: str, upload: Upload) -> None:
    raise_alert(
        key=_alert(location),
        severity="warning",
        message=f"Watched folder of {location.code}: {sentence}"[:1000],
        link=f"/admin/inventory/upload/{upload.pk}/preview/",
    )
