"""OpenDocument spreadsheets (.ods), read with expat. Empty repeated rows are counted, not unrolled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO
from zipfile import ZipFile

from .cells import Cell, Merge, Row, Sheet
from .results import UnreadableFile
from .xml_parts import Attributes, XmlPart, element_text

_MOST_REPEATS = 200_000  # of a filled row or cell; above every limit on rows and columns


def read_ods(archive: ZipFile) -> Iterator[Sheet]:
    """The sheets in order; each is to be walked before the next is asked for."""
    with archive.open("content.xml") as stream:
        content = _Content()
        for name, visible, rows, merges in content.tables(stream):
            yield Sheet(name, visible, iter(rows), partial(tuple, merges))


def ods_saved_at(archive: ZipFile) -> str:
    """The time of the last saving as the document has it (LibreOffice writes it without a time zone), or ""."""
    return element_text(archive, "meta.xml", "date") if "meta.xml" in archive.namelist() else ""


class _Content:
    """Follows content.xml and collects one sheet at a time. A filled row cannot repeat without bound."""

    def __init__(self) -> None:
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._done: list[tuple[str, bool, list[Row], list[Merge]]] = []
        self._rows: list[Row] = []
        self._merges: list[Merge] = []
        self._name = ""
        self._visible = True
        self._row = 0
        self._row_repeats = 1
        self._row_hidden = False
        self._column = 0
        self._cells: dict[int, Cell] = {}
        self._cell: Attributes | None = None
        self._repeats = 1
        self._paragraphs: list[str] = []
        self._in_text = 0
        self._in_note = 0

    def tables(self, stream: IO[bytes]) -> Iterator[tuple[str, bool, list[Row], list[Merge]]]:
        part = XmlPart(start=self._start, end=self._end, text=self._text)
        for _ in part.feed(stream):
            done, self._done = self._done, []
            yield from done

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag in {"table-cell", "covered-table-cell"}:
            self._cell = attributes
            self._repeats = _repeats(attributes, "table:number-columns-repeated")
            self._paragraphs = []
        elif tag == "p" and self._cell is not None and not self._in_note:
            self._in_text += 1
            self._paragraphs.append("")
        elif tag == "s" and self._in_text:
            self._text(" " * _repeats(attributes, "text:c"))
        elif tag == "annotation":
            self._in_note += 1
        elif tag == "table-row":
            self._start_row(attributes)
        else:
            self._start_outside_rows(tag, attributes)

    def _start_outside_rows(self, tag: str, attributes: Attributes) -> None:
        if tag == "table":
            self._start_table(attributes)
        elif tag == "style":
            self._style = attributes.get("style:name", "")
        elif tag == "table-properties" and attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style)

    def _start_table(self, attributes: Attributes) -> None:
        self._name = attributes.get("table:name", "")
        self._visible = attributes.get("table:style-name", "") not in self._hidden_styles
        self._rows = []
        self._merges = []
        self._row = 0

    def _start_row(self, attributes: Attributes) -> None:
        self._row_repeats = _repeats(attributes, "table:number-rows-repeated")
        self._row_hidden = attributes.get("table:visibility", "visible") != "visible"
        self._column = 0
        self._cells = {}

    def _text(self, data: str) -> None:
        if self._in_text and not self._in_note:
            self._paragraphs[-1] += data

    def _end(self, tag: str) -> None:
        if tag in {"table-cell", "covered-table-cell"}:
            self._end_cell()
        elif tag == "p" and self._in_text and not self._in_note:
            self._in_text -= 1
        elif tag == "annotation":
            self._in_note -= 1
        elif tag == "table-row":
            self._end_row()
        elif tag == "table":
            self._done.append((self._name, self._visible, self._rows, self._merges))

    def _end_cell(self) -> None:
        self._note_merge(self._cell or {})
        cell = _cell(self._cell or {}, "\n".join(self._paragraphs))
        if cell is not None:
            self._refuse_flood(self._repeats)
            for column in range(self._column + 1, self._column + 1 + self._repeats):
                self._cells[column] = cell
        self._column += self._repeats
        self._cell = None

    def _note_merge(self, attributes: Attributes) -> None:
        rows = _repeats(attributes, "table:number-rows-spanned")
        columns = _repeats(attributes, "table:number-columns-spanned")
        if rows > 1 or columns > 1:
            row, column = self._row + 1, self._column + 1
            self._merges.append(Merge(row, row + rows - 1, column, column + columns - 1))

    def _end_row(self) -> None:
        if self._cells:
            self._refuse_flood(self._row_repeats * len(self._cells))
            for number in range(self._row + 1, self._row + 1 + self._row_repeats):
                self._rows.append(Row(number, self._cells, self._row_hidden))
        self._row += self._row_repeats

    def _refuse_flood(self, copies: int) -> None:
        if copies > _MOST_REPEATS:
            raise UnreadableFile(
                f"Sheet “{self._name}” repeats one cell or row {copies:,} times. Delete the filled"
                " cells below and"
                " beside the data, save and upload again."
            )


def _repeats(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1


def _cell(attributes: Attributes, text: str) -> Cell | None:
    kind = attributes.get("office:value-type", "")
    if attributes.get("calcext:value-type") == "error":
        return Cell("error", text or "#ERROR")
    if kind in {"float", "currency"}:
        return Cell(
            "number",
            attributes.get("office:value", ""),
            _zeros_shown(attributes.get("office:value", ""), text),
        )
    if kind == "percentage":
        return Cell("number", attributes.get("office:value", ""), "0%")
    if kind == "date":
        return Cell("date", attributes.get("office:date-value", text).replace("T", " "))
    if kind == "time":
        return Cell("date", text)
    if kind == "boolean":
        return Cell("bool", attributes.get("office:boolean-value", text).upper())
    text = attributes.get("office:string-value", text)
    if text:
        return Cell("text", text)
    return Cell("formula", "") if "table:formula" in attributes and not kind else None


def _zeros_shown(value: str, shown: str) -> str:
    """The zeros in front of a displayed number stand in its format: 00123 for 123 means the format 00000."""
    padded = shown.strip()
    if padded.isascii() and padded.isdigit() and len(padded) > 1 and padded.startswith("0"):
        return "0" * len(padded) if padded.lstrip("0") == value.removesuffix(".0").lstrip("0") else ""
    return ""
