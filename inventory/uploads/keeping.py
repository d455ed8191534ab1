"""Keeping a file somebody brought: as previewed with its content, or as refused without it; and putting it away."""

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from approvals import audit
from approvals.refusals import Refused
from inventory.models import Upload
from inventory.uploads.stored import Problem, StoredReading, reading_of

SHOWN = 10


class UploadRefused(Refused):
    pass


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def keep_upload(*, content: bytes, file_name: str, reading: StoredReading, by: Any | None, **about: Any) -> Upload:
    """Store what was read; a file with errors is kept as refused, with its reasons and without its content.

    `about` are columns of the upload: its kind, zone or location, and when what it says was true.
    """
    refused = bool(reading.errors)
    kept = reading.without_content() if refused else reading
    upload = Upload(
        file_name=(PurePath(file_name).name or "file")[-200:],
        sha256=sha256(content),
        size=len(content),
        status=Upload.Status.REFUSED if refused else Upload.Status.PREVIEWED,
        reason=_reason(kept.errors),
        reading=kept.to_json(),
        uploaded_by=by,
        **about,
    )
    with transaction.atomic():
        if not refused:
            upload.file.save(f"{upload.sha256[:20]}.{kept.file_kind}", ContentFile(content), save=False)
        upload.save()
    return upload


def _reason(errors: Sequence[Problem]) -> str:
    said = [error.message for error in errors[:SHOWN]]
    more = [f"And {len(errors) - SHOWN} more."] if len(errors) > SHOWN else []
    return "\n".join(said + more)


def discard_upload(*, upload: Upload, by: Any) -> None:
    """Put a previewed upload away; its content is deleted, its name and figures stay."""
    only_the_uploader(upload, by, "discard")
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


def only_the_uploader(upload: Upload, by: Any | None, verb: str) -> None:
    """A stock workbook that nobody brought (it lay in the watched folder) may be taken up by whoever may sync."""
    if upload.kind == Upload.Kind.STOCK and upload.uploaded_by_id is None:
        return
    if upload.uploaded_by_id != (by.pk if by else None):
        who = upload.uploaded_by or "nobody in particular"
        raise UploadRefused(f"“{upload.file_name}” was brought by {who}, who alone may {verb} it.")
