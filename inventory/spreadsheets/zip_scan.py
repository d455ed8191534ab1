"""Looks through a zip before any parser does: bombs, tricks with names, and DOCTYPEs end here."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from zipfile import BadZipFile, ZipFile, ZipInfo

from .kinds import ZIP_MAGIC
from .limits import MIB, Limits
from .results import UnreadableFile

CHUNK = 64 * 1024
SAVE_AGAIN = "Open it in your spreadsheet program, save it as a new .xlsx workbook and upload that."
_DOCTYPE = re.compile(rb"<!DOCTYPE|<\x00!\x00D\x00O\x00C\x00T\x00Y\x00P\x00E|\x00<\x00!\x00D\x00O\x00C\x00T\x00Y")
_LONGEST_DOCTYPE = 20
_SYMLINK = 0o120000
_MARKED_UP = (".xml", ".rels", ".vml")


def open_checked_zip(content: bytes, limits: Limits) -> ZipFile:
    """The archive, once every entry was unpacked (to nowhere) within the limits."""
    try:
        archive = ZipFile(io.BytesIO(content))
        entries = archive.infolist()
        _check_directory(entries, limits)
        unpacked = 0
        for entry in entries:
            for size in _unpack(archive, entry):
                unpacked += size
                _check_size(unpacked, len(content), limits)
    except (
        BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        zlib.error,
    ) as error:
        raise UnreadableFile(f"The file is damaged and cannot be unpacked. {SAVE_AGAIN}") from error
    return archive


def _check_directory(entries: list[ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.zip_entries:
        raise UnreadableFile(
            f"The file holds {len(entries):,} parts; at most {limits.zip_entries:,} are read. {SAVE_AGAIN}"
        )
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry, seen)
        seen.add(entry.filename.replace("\\", "/"))
    in_order = sorted(entries, key=lambda entry: entry.header_offset)
    for first, second in zip(in_order, in_order[1:], strict=False):
        if first.header_offset + first.compress_size > second.header_offset:
            raise UnreadableFile(f"The file has parts that overlap: it is not an ordinary workbook. {SAVE_AGAIN}")


def _check_entry(entry: ZipInfo, seen: set[str]) -> None:
    name = entry.filename.replace("\\", "/")
    if entry.flag_bits & 1:
        raise UnreadableFile("The file is password-protected. Remove the password, save it and upload it again.")
    if name in seen:
        raise UnreadableFile(f"The file holds two parts of the same name ({name}). {SAVE_AGAIN}")
    if ".." in name.split("/") or name.startswith("/") or ":" in name.split("/")[0]:
        raise UnreadableFile(f"The file holds a part named {name}, which points outside of it. {SAVE_AGAIN}")
    if (entry.external_attr >> 16) & 0o170000 == _SYMLINK:
        raise UnreadableFile(f"The file holds a link instead of a part ({name}). {SAVE_AGAIN}")


def _unpack(archive: ZipFile, entry: ZipInfo) -> Iterator[int]:
    """Yields the size of each unpacked chunk, having looked for what must not be in it."""
    marked_up = entry.filename.lower().endswith(_MARKED_UP)
    with archive.open(entry) as part:
        chunk = part.read(CHUNK)
        if chunk.startswith(ZIP_MAGIC):
            raise UnreadableFile(
                f"The file holds another file inside ({entry.filename}). Remove embedded files, save and upload again."
            )
        tail = b""
        while chunk:
            yield len(chunk)
            if marked_up and _DOCTYPE.search(tail + chunk):
                raise UnreadableFile(
                    f"The file declares a document type (DOCTYPE) in {entry.filename}, which no"
                    " spreadsheet program"
                    f" writes. {SAVE_AGAIN}"
                )
            tail = chunk[-_LONGEST_DOCTYPE:]
            chunk = part.read(CHUNK)


def _check_size(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.unpacked_bytes:
        raise UnreadableFile(
            f"The file unpacks to more than {limits.unpacked_bytes // MIB} MiB. Copy the rows into a new workbook."
        )
    if unpacked > limits.ratio_from_bytes and unpacked > limits.ratio * packed:
        raise UnreadableFile(
            f"The file unpacks to more than {limits.ratio} times its size, as no workbook of counts does."
            " Copy the rows into a new workbook."
        )
