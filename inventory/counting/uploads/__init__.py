"""A file somebody brings (or types in): received and checked, previewed, then confirmed or discarded."""

from inventory.counting.uploads.checking import Checked, check_file
from inventory.counting.uploads.confirming import confirm_upload
from inventory.counting.uploads.previewing import Preview, PreviewRow, preview, preview_of
from inventory.counting.uploads.receiving import receive_typed, receive_upload
from inventory.uploads.keeping import UploadRefused, discard_upload
from inventory.uploads.stored import CheckedLine, Problem, SheetRows, StoredReading

__all__ = [
    "Checked",
    "CheckedLine",
    "Preview",
    "PreviewRow",
    "Problem",
    "SheetRows",
    "StoredReading",
    "UploadRefused",
    "check_file",
    "confirm_upload",
    "discard_upload",
    "preview",
    "preview_of",
    "receive_typed",
    "receive_upload",
]
