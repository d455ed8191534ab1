"""CSV and its cousins: which encoding, which separator, and the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from .cells import Cell, Row, Sheet
from .columns import Layout, match_headings
from .kinds import READABLE
from .limits import Limits
from .results import UnreadableFile

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SEP_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\r?(\n|\r|$)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_LONGEST_FIELD = 32_767  # what one spreadsheet cell can hold


def read_delimited(content: bytes, name: str, layout: Layout, limits: Limits) -> tuple[Sheet, list[str]]:
    """The file as one sheet, and what was assumed to read it."""
    text, encoding, certain = _decode(content)
    declared = _SEP_LINE.match(text)
    if declared:
        separator, text = declared.group(1), text[declared.end() :]
    else:
        separator = _guess_separator(text, layout, limits)
    notes = []
    if not certain or separator != ",":
        spoken = _SEPARATORS.get(separator, f"“{separator}”")
        notes.append(f"{name} was read as {encoding} text with columns separated by {spoken}.")
    if not certain:
        notes.append(f"{name} does not say how its letters are encoded: check names with accents.")
    return Sheet(name, True, _rows(text, separator)), notes


def _decode(content: bytes) -> tuple[str, str, bool]:
    """The text, the name of its encoding, and whether the file itself settles it."""
    for mark, codec, spoken in (
        (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
        (b"\xff\xfe", "utf-16", "UTF-16"),
        (b"\xfe\xff", "utf-16", "UTF-16"),
    ):
        if content.startswith(mark):
            return _checked(_decoded(content, codec)), spoken, True
    wide = _wide_codec(content)
    if wide:
        return _checked(_decoded(content, wide)), "UTF-16", False
    try:
        return _checked(content.decode("utf-8")), "UTF-8", True
    except UnicodeDecodeError:
        codec = _guess_codec(content)
        return _checked(_decoded(content, codec)), codec.replace("cp125", "Windows-125"), False


def _decoded(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeError as error:
        raise UnreadableFile(f"The file is not readable as text ({codec}). {READABLE}") from error


def _wide_codec(content: bytes) -> str:
    """UTF-16 without a byte order mark shows as a NUL in every second place."""
    sample = content[:400]
    if len(sample) < 4:
        return ""
    if sample[1::2].count(0) > len(sample) // 4 and sample[::2].count(0) == 0:
        return "utf-16-le"
    if sample[::2].count(0) > len(sample) // 4 and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _guess_codec(content: bytes) -> str:
    """Windows' Western code page, unless the bytes speak clearly for another script."""
    from charset_normalizer import from_bytes  # 40 ms that only a file outside Unicode needs

    others = ["cp1251", "cp1253", "cp932", "gb18030", "big5", "cp949"]
    best = from_bytes(content[:200_000], cp_isolation=["cp1252", *others]).best()
    return best.encoding if best is not None and best.encoding in others else "cp1252"


def _checked(text: str) -> str:
    found = _CONTROLS.search(text)
    if found:
        raise UnreadableFile(
            "The file is neither a spreadsheet nor text (it holds the control character"
            f" U+{ord(found.group()):04X})."
            f" {READABLE}"
        )
    return text


def _guess_separator(text: str, layout: Layout, limits: Limits) -> str:
    """The separator that makes the headings recognisable; else the one that makes most columns."""

    def promise(separator: str) -> tuple[int, int]:
        best = (0, 0)
        try:
            for row in islice(_rows(text, separator), limits.header_rows):
                headings = match_headings({column: cell.text for column, cell in row.cells.items()}, layout)
                found = sum(name in headings.columns for name in layout.heading_needs)
                best = max(best, (found, len(row.cells)))
        except UnreadableFile:
            pass  # the quotation marks are reported once the separator is settled
        return best

    return max(_SEPARATORS, key=promise)


def _rows(text: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, values in enumerate(reader, start=1):
            cells = {column: Cell("text", value) for column, value in enumerate(values, start=1) if value}
            if cells:
                yield Row(number, cells)
    except csv.Error as error:
        raise UnreadableFile(_csv_trouble(str(error), number + 1)) from error


def _csv_trouble(message: str, row: int) -> str:
    if "field larger" in message:
        return f"Row {row} holds a cell of more than {_LONGEST_FIELD:,} characters. Look for a quotation mark too many."
    if "unexpected end" in message:
        return f"Row {row} opens a quotation mark that is never closed. Close it, or remove it, and upload again."
    return f'Row {row} has a quotation mark in the middle of a quoted cell. Double it ("") and upload again.'
