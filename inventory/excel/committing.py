"""The two ends of a previewed workbook: what it would become, and the sync it becomes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inventory.excel.comparing import Comparison, compare
from inventory.excel.context import SubmittedWorkbook
from inventory.excel.scopes import Scope
from inventory.excel.submission import problems_before, start_sync
from inventory.models import ExcelSync, Location, Upload
from inventory.uploads.keeping import UploadRefused, only_the_uploader
from inventory.uploads.stored import StoredReading, reading_of


@dataclass(frozen=True)
class WorkbookPreview:
    """Nothing is stored yet. `blocked`: why it cannot be committed now."""

    reading: StoredReading
    location: Location
    as_of: datetime
    auto_fix: bool
    comparison: Comparison
    warnings: tuple[str, ...]
    blocked: tuple[str, ...]


def preview_workbook(upload: Upload, *, auto_fix: bool = False) -> WorkbookPreview:
    """What committing it now would do, row by row."""
    location, as_of, reading = _whole(upload)
    blocked, warnings = problems_before(SubmittedWorkbook(0, location.pk, as_of, auto_fix, Scope.WORKBOOK, reading))
    found = compare(location=location, as_of=as_of, lines=reading.lines, refused=reading.refused, auto_fix=auto_fix)
    said = (*found.suspicions, *reading.warnings, *warnings)
    return WorkbookPreview(reading, location, as_of, auto_fix, found, said, tuple(blocked))


def commit_workbook(*, upload: Upload, by: Any | None, auto_fix: bool = False, source: str = "") -> ExcelSync:
    """Sync what the upload holds. Committing twice syncs once: the second is told so.

    Only who brought the workbook commits it, so that one person answers for it and cannot approve it; `by` None is the
    program, for what nobody brought. Raises UploadRefused or SyncRefused.
    """
    only_the_uploader(upload, by, "commit")
    location, as_of, reading = _whole(upload)
    return start_sync(
        location=location,
        as_of=as_of,
        reading=reading,
        source=source or reading.source,
        by=by,
        upload=upload,
        auto_fix=auto_fix,
    )


def _whole(upload: Upload) -> tuple[Location, datetime, StoredReading]:
    if upload.kind != Upload.Kind.STOCK or upload.location is None or upload.counted_at is None:
        raise UploadRefused(f"“{upload.file_name}” is no stock workbook of a location. Upload it again.")
    if upload.status != Upload.Status.PREVIEWED:
        raise UploadRefused(f"“{upload.file_name}” is {upload.get_status_display().lower()} already.")
    return upload.location, upload.counted_at, reading_of(upload)
