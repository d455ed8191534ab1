"""The rows of one sheet of an Excel workbook."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO

from .cells import Cell, Row, column_index
from .number_formats import serial_to_iso
from .xml_parts import Attributes, XmlPart, unescape

_DIGITS = "0123456789"


class SheetPart:
    """Collects the cells of a sheet part. A cell or row without a reference follows the one before."""

    def __init__(self, strings: list[str], formats: list[str], epoch_1904: bool) -> None:
        self._strings = strings
        self._formats = formats
        self._epoch_1904 = epoch_1904
        self._ready: list[Row] = []
        self._indexes: dict[str, int] = {}
        self._row = 0
        self._hidden = False
        self._column = 0
        self._cells: dict[int, Cell] = {}
        self._kind = "n"
        self._style = 0
        self._formula = False
        self._pieces: list[str] = []
        self._wanted = False
        self._phonetic = False

    def rows(self, stream: IO[bytes]) -> Iterator[Row]:
        part = XmlPart(start=self._start, end=self._end, text=self._text)
        for _ in part.feed(stream):
            ready, self._ready = self._ready, []
            yield from ready

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "v" or tag == "t":
            self._wanted = not self._phonetic
        elif tag == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._hidden = attributes.get("hidden") in {"1", "true"}
            self._column = 0
            self._cells = {}
        elif tag == "f":
            self._formula = True
        elif tag == "is":
            self._pieces = []
        elif tag == "rPh":
            self._phonetic = True

    def _start_cell(self, attributes: Attributes) -> None:
        letters = attributes.get("r", "").rstrip(_DIGITS)
        column = self._indexes.get(letters)
        if column is None:
            column = column_index(letters.upper()) if letters.isascii() and letters.isalpha() else 0
            if column:
                self._indexes[letters] = column
        self._column = column or self._column + 1
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s") or 0)
        self._formula = False
        self._pieces = []

    def _text(self, data: str) -> None:
        if self._wanted:
            self._pieces.append(data)

    def _end(self, tag: str) -> None:
        if tag == "v" or tag == "t":
            self._wanted = False
        elif tag == "c":
            if self._pieces or self._formula:
                cell = self._cell("".join(self._pieces))
                if cell is not None:
                    self._cells[self._column] = cell
        elif tag == "row":
            if self._cells:
                self._ready.append(Row(self._row, self._cells, self._hidden))
                self._cells = {}
        elif tag == "rPh":
            self._phonetic = False

    def _cell(self, text: str) -> Cell | None:
        kind = self._kind
        if kind == "s":
            text = self._shared(text)
            return Cell("text", text) if text else None
        if kind in {"str", "inlineStr"}:
            return Cell("text", unescape(text)) if text else None
        if not text.strip():
            return Cell("formula", "") if self._formula else None
        if kind == "n":
            return self._number(text.strip())
        if kind == "b":
            return Cell("bool", "TRUE" if text.strip() in {"1", "true"} else "FALSE")
        if kind == "d":
            return Cell("date", text)
        return Cell("error", text)

    def _shared(self, text: str) -> str:
        index = int(text) if text.strip().isdecimal() else -1
        return self._strings[index] if 0 <= index < len(self._strings) else ""

    def _number(self, text: str) -> Cell:
        meaning = self._formats[self._style] if self._style < len(self._formats) else ""
        if meaning == "date":
            try:
                serial = float(text)
            except ValueError:
                return Cell("text", text)
            return Cell("date", serial_to_iso(serial, self._epoch_1904) if math.isfinite(serial) else text)
        return Cell("number", text, meaning)
