"""The two ends of an upload: confirmed (once), or discarded."""

from functools import partial
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.refusals import Refused
from inventory.counting.submission import submit_count
from inventory.counting.uploads.stored import reading_of
from inventory.models import CountSheet, Upload


class UploadRefused(Refused):
    pass


def confirm_upload(*, upload: Upload, by: Any | None, source: str) -> CountSheet:
    """Submit what the upload holds. Confirming twice submits once: the second is told so.

    Only who brought the count confirms it, so that one person answers for it and cannot approve it.
    Raises UploadRefused or CountRefused.
    """
    _only_the_uploader(upload, by, "confirm")
    if upload.zone is None or upload.counted_at is None:
        raise UploadRefused(f"“{upload.file_name}” has no zone or no time of counting. Upload it again.")
    reading = reading_of(upload)
    sheet = CountSheet.objects.filter(code=reading.answers).first() if reading.answers else None
    return submit_count(
        zone=upload.zone,
        counted_at=upload.counted_at,
        counts=[line.as_counted() for line in reading.lines],
        by=by,
        source=source,
        sheet=sheet,
        upload=upload,
    )


def discard_upload(*, upload: Upload, by: Any) -> None:
    """Put a previewed upload away; its content is deleted, its name and figures stay."""
    _only_the_uploader(upload, by, "discard")
    with transaction.atomic():
        bare = reading_of(upload).without_content().to_json()
        discarded = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PREVIEWED).update(
            status=Upload.Status.DISCARDED, reading=bare, file=""
        )
        if not discarded:
            upload.refresh_from_db(fields=["status"])
            raise UploadRefused(f"“{upload.file_name}” is {upload.get_status_display().lower()} already.")
        audit.append(
            actor=by,
            verb="upload.discarded",
            entity_ref=f"upload:{upload.pk}",
            details={"file_name": upload.file_name, "sha256": upload.sha256},
        )
        if upload.file.name:
            transaction.on_commit(partial(upload.file.storage.delete, upload.file.name))


def _only_the_uploader(upload: Upload, by: Any | None, verb: str) -> None:
    if upload.uploaded_by_id != (by.pk if by else None):
        who = upload.uploaded_by or "nobody in particular"
        raise UploadRefused(f"“{upload.file_name}” was brought by {who}, who alone may {verb} it.")
