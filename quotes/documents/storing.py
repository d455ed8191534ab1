"""Where the PDF of a quote is kept: STORAGES["quotes"], a folder or a bucket.

`quotes/{id}/r{revision}-{hash}.pdf` never changes, and the hash of its own bytes is in its name; `quotes/{id}.pdf` is a
copy of the newest revision, for people who look into the folder. Readers use the first and compare the hash.
"""

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from quotes.documents.contents import QuoteDocument, content_hash

ALIAS = "quotes"
SHORT_HASH = 12
REVISION_NAME = re.compile(r"r(\d+)-[0-9a-f]+\.pdf")


class PdfDamaged(Exception):
    """What is stored differs from what was stored, or is gone. A sentence with the cure."""


@dataclass(frozen=True)
class StoredPdf:
    """`name` and `sha256` belong on the quote: both are needed to read it back."""

    name: str
    current_name: str
    sha256: str
    content_hash: str
    size: int


def pdf_name(quote_id: int | UUID, revision: int, sha256: str) -> str:
    """Where the revision whose bytes have this hash lies."""
    return f"quotes/{quote_id}/r{revision}-{sha256[:SHORT_HASH]}.pdf"


def store_pdf(quote_id: int | UUID, revision: int, document: QuoteDocument, pdf: bytes) -> StoredPdf:
    """Stores once and reads it back; the same bytes again change nothing. Network or disk: keep out of transactions."""
    if document.revision != revision:
        raise ValueError(f"{document.reference} is not revision {revision}.")
    digest = hashlib.sha256(pdf).hexdigest()
    stored = StoredPdf(
        name=pdf_name(quote_id, revision, digest),
        current_name=f"quotes/{quote_id}.pdf",
        sha256=digest,
        content_hash=content_hash(document),
        size=len(pdf),
    )
    storage = storages[ALIAS]
    if not storage.exists(stored.name):
        storage.save(stored.name, ContentFile(pdf))
    read_pdf(stored.name, stored.sha256)
    if _newest_revision(storage, f"quotes/{quote_id}") == revision and _read(storage, stored.current_name) != pdf:
        storage.save(stored.current_name, ContentFile(pdf))
    return stored


def read_pdf(name: str, sha256: str) -> bytes:
    """The stored bytes, if they are still the ones whose hash the quote holds."""
    pdf = _read(storages[ALIAS], name)
    if pdf is None:
        raise PdfDamaged(f"The PDF {name} is no longer stored. Restore it from a backup; it is not drawn again.")
    if hashlib.sha256(pdf).hexdigest() != sha256:
        raise PdfDamaged(
            f"The PDF {name} was changed after it was stored. Restore it from a backup; it is not drawn again."
        )
    return pdf


def _read(storage: Storage, name: str) -> bytes | None:
    try:
        with storage.open(name) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def _newest_revision(storage: Storage, folder: str) -> int:
    """A late retry of r1 must not take the place of r2."""
    _, names = storage.listdir(folder)
    found = (REVISION_NAME.fullmatch(name) for name in names)
    return max((int(match[1]) for match in found if match), default=0)
