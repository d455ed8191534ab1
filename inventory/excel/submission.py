"""Starting a sync: the one way in for uploads, the watched folder, the command, and people's answers."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from approvals import engine, registry
from approvals.refusals import Refused
from inventory.excel.context import SubmittedWorkbook, write_inputs
from inventory.excel.scopes import Scope
from inventory.models import ExcelSync, Location, Upload
from inventory.uploads.stored import SheetRows, StoredReading

WORKFLOW = "excel_sync"


class SyncRefused(Refused):
    pass


def start_sync(
    *,
    location: Location,
    as_of: datetime,
    reading: StoredReading,
    source: str,
    by: Any | None,
    upload: Upload | None = None,
    auto_fix: bool = False,
    scope: Scope = Scope.WORKBOOK,
) -> ExcelSync:
    """Compare, post what needs nobody, and propose the rest. Raises SyncRefused with every problem; nothing is stored.

    An `upload` that is still previewed is confirmed by this, once.
    """
    with transaction.atomic():
        if upload and upload.status == Upload.Status.PREVIEWED:
            claim_upload(upload)
        sync = ExcelSync.objects.create(
            location=location,
            source=source,
            upload=upload,
            as_of=as_of,
            auto_fix=auto_fix,
            submitted_by=by,
            sheets=[_without_texts(sheet) for sheet in reading.sheets],
        )
        given = SubmittedWorkbook(sync.pk, location.pk, as_of, auto_fix, scope, reading)
        try:
            run = engine.start(key=WORKFLOW, inputs=write_inputs(given), subject=_about(sync, reading), by=by)
        except SyncRefused:
            raise
        except Refused as refusal:
            raise SyncRefused(refusal.problems) from refusal
        sync.run = run
        sync.save(update_fields=["run"])
    engine.advance(run.pk)
    sync.refresh_from_db()
    return sync


def _about(sync: ExcelSync, reading: StoredReading) -> str:
    what = sync.upload.file_name if sync.upload else sync.get_source_display().lower()
    return f"Excel sync of {sync.location.code}: {what}, {len(reading.lines):,} items"[:200]


def _without_texts(sheet: SheetRows) -> dict[str, Any]:
    kept = asdict(sheet)
    kept["ignored"] = [[row, why] for row, why, _ in sheet.ignored]
    return kept


def problems_before(given: SubmittedWorkbook) -> tuple[list[str], list[str]]:
    """(what would block this sync, what would be warned of), before anything is stored."""
    try:
        return [], engine.check_preconditions(registry.workflow(WORKFLOW), write_inputs(given))
    except Refused as refusal:
        return refusal.problems, []


def claim_upload(upload: Upload) -> None:
    """Confirm it, once: of a double click, or of the same bytes brought twice, one wins."""
    try:
        with transaction.atomic():
            won = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PREVIEWED).update(
                status=Upload.Status.CONFIRMED
            )
    except IntegrityError as error:
        raise SyncRefused(said_before(upload.sha256) or ["This very file was confirmed already."]) from error
    if not won:
        upload.refresh_from_db(fields=["status"])
        raise SyncRefused(f"“{upload.file_name}” is {upload.get_status_display().lower()} already. Upload it again.")


def said_before(digest: str) -> Sequence[str]:
    """A sentence when these very bytes were synced before; empty when they are new."""
    first = ExcelSync.objects.filter(
        upload__sha256=digest, upload__status=Upload.Status.CONFIRMED
    ).select_related("location", "submitted_by").order_by("pk").first()  # fmt: skip
    if first is None:
        return []
    who = f" by {first.submitted_by}" if first.submitted_by else ""
    return [
        f"This very workbook was synced already{who}, as sync {first.pk} at {first.location.code}. Nothing was changed "
        "again. Open that sync for its result, or use “Look again” there."
    ]
