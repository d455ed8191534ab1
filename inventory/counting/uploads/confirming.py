"""The good end of an upload: confirmed, once."""

from typing import Any

from inventory.counting.submission import counted_item, submit_count
from inventory.models import CountSheet, Upload
from inventory.uploads.keeping import UploadRefused, only_the_uploader
from inventory.uploads.stored import reading_of


def confirm_upload(*, upload: Upload, by: Any | None, source: str) -> CountSheet:
    """Submit what the upload holds. Confirming twice submits once: the second is told so.

    Only who brought the count confirms it, so that one person answers for it and cannot approve it.
    Raises UploadRefused or CountRefused.
    """
    only_the_uploader(upload, by, "confirm")
    if upload.zone is None or upload.counted_at is None:
        raise UploadRefused(f"“{upload.file_name}” has no zone or no time of counting. Upload it again.")
    reading = reading_of(upload)
    sheet = CountSheet.objects.filter(code=reading.answers).first() if reading.answers else None
    return submit_count(
        zone=upload.zone,
        counted_at=upload.counted_at,
        counts=[counted_item(line) for line in reading.lines],
        by=by,
        source=source,
        sheet=sheet,
        upload=upload,
    )
