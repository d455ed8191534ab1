"""Excel workbooks (.xlsx, .xlsm), read part by part with expat.

Why not openpyxl's reader: it hides whether an empty cell is a formula whose result was never saved, raises
on NaN, trusts a wrong <dimension>, keeps memory for every empty row, shows Strict workbooks as empty and is
slower. Only what a walk-sheet needs is read: values, number formats, hidden rows and sheets.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO
from zipfile import ZipFile

from .cells import Merge, Row, Sheet
from .merges import merge_from_reference
from .number_formats import BUILT_IN_DATES, is_date_format, telling_pattern
from .results import UnreadableFile
from .xlsx_rows import SheetPart
from .xml_parts import Attributes, XmlPart, element_text, local, unescape

DAMAGED = "The workbook is damaged. Open it in Excel, save it as a new .xlsx workbook and upload that."


class Workbook:
    """The parts of one workbook that its sheets refer to."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names = {name.replace("\\", "/").lower().lstrip("/"): name for name in archive.namelist()}
        main = self._main_part()
        targets, kinds = self._relations(main)
        self.epoch_1904 = False
        self._sheets: list[tuple[str, str, str]] = []
        self._read(main, self._on_workbook)
        self._targets = targets
        self.strings = self._shared_strings(kinds.get("sharedStrings", ""))
        self.formats = self._cell_formats(kinds.get("styles", ""))

    def sheets(self) -> Iterator[Sheet]:
        for name, state, relation in self._sheets:
            target = self._targets.get(relation, "")
            if "worksheet" in posixpath.dirname(target) or target.lower().endswith(".xml"):
                yield Sheet(name, state == "visible", self._rows(target), partial(self._merges, target))

    def _rows(self, target: str) -> Iterator[Row]:
        part = SheetPart(self.strings, self.formats, self.epoch_1904)
        with self._open(target) as stream:
            yield from part.rows(stream)

    def _merges(self, target: str) -> list[Merge]:
        """They are written after the rows, and needed before them: the part is walked once more."""
        found: list[Merge] = []

        def on_element(tag: str, attributes: Attributes) -> None:
            if tag == "mergeCell":
                merge = merge_from_reference(attributes.get("ref", ""))
                if merge:
                    found.append(merge)

        self._read(target, on_element)
        return found

    def saved_at(self) -> str:
        """The time of the last saving as the workbook has it, or ""."""
        _, kinds = self._relations("") if "_rels/.rels" in self._names else ({}, {})
        name = self._names.get(kinds.get("core-properties", "docProps/core.xml").lower())
        return element_text(self._archive, name, "modified") if name else ""

    def _open(self, part: str) -> IO[bytes]:
        name = self._names.get(part.lower())
        if name is None:
            raise UnreadableFile(DAMAGED)
        return self._archive.open(name)

    def _read(self, part: str, start: Callable[[str, Attributes], None]) -> None:
        with self._open(part) as stream:
            XmlPart(start=start).feed_all(stream)

    def _main_part(self) -> str:
        if "_rels/.rels" not in self._names:
            return "xl/workbook.xml"
        _, kinds = self._relations("")
        return kinds.get("officeDocument", "xl/workbook.xml")

    def _relations(self, part: str) -> tuple[dict[str, str], dict[str, str]]:
        """Targets of a part's relations, by relation id and by the last word of the relation type."""
        folder, name = posixpath.split(part)
        by_id: dict[str, str] = {}
        by_kind: dict[str, str] = {}

        def on_relation(tag: str, attributes: Attributes) -> None:
            if tag != "Relationship" or attributes.get("TargetMode") == "External":
                return
            target = attributes.get("Target", "").replace("\\", "/")
            target = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            by_id[attributes.get("Id", "")] = posixpath.normpath(target)
            by_kind.setdefault(attributes.get("Type", "").rsplit("/", 1)[-1], posixpath.normpath(target))

        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations.lower() in self._names:
            self._read(relations, on_relation)
        return by_id, by_kind

    def _on_workbook(self, tag: str, attributes: Attributes) -> None:
        if tag == "workbookPr":
            self.epoch_1904 = attributes.get("date1904", "0") in {"1", "true"}
        elif tag == "sheet":
            relation = next((value for key, value in attributes.items() if local(key) == "id" and key != "id"), "")
            self._sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), relation))

    def _shared_strings(self, part: str) -> list[str]:
        if not part or part.lower() not in self._names:
            return []
        strings = _SharedStrings()
        with self._open(part) as stream:
            XmlPart(start=strings.start, end=strings.end, text=strings.text).feed_all(stream)
        return strings.found

    def _cell_formats(self, part: str) -> list[str]:
        """For each cell style: "date", a pattern worth knowing such as "00000", or ""."""
        if not part or part.lower() not in self._names:
            return []
        styles = _Styles()
        with self._open(part) as stream:
            XmlPart(start=styles.start, end=styles.end).feed_all(stream)
        return [styles.meaning(number) for number in styles.cell_formats]


class _SharedStrings:
    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._in_text = False
        self._phonetic = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "si":
            self._pieces = []
        elif tag == "rPh":
            self._phonetic = True
        elif tag == "t":
            self._in_text = not self._phonetic

    def end(self, tag: str) -> None:
        if tag == "si":
            self.found.append(unescape("".join(self._pieces)))
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "t":
            self._in_text = False

    def text(self, data: str) -> None:
        if self._in_text:
            self._pieces.append(data)


class _Styles:
    def __init__(self) -> None:
        self.cell_formats: list[int] = []
        self._custom: dict[int, str] = {}
        self._in_cells = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "numFmt":
            self._custom[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            self._in_cells = True
        elif tag == "xf" and self._in_cells:
            self.cell_formats.append(int(attributes.get("numFmtId", "0")))

    def end(self, tag: str) -> None:
        if tag == "cellXfs":
            self._in_cells = False

    def meaning(self, number: int) -> str:
        code = self._custom.get(number)
        if code is None:
            if number in BUILT_IN_DATES:
                return "date"
            return "0%" if number in (9, 10) else ""
        return "date" if is_date_format(code) else telling_pattern(code)
