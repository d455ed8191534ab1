"""Walks one XML part with expat: names without prefix, no entities, constant memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile

from .results import UnreadableFile

Attributes = dict[str, str]
CHUNK = 128 * 1024
_LONGEST_PROPERTY = 64
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def local(name: str) -> str:
    """A name without its prefix: some programs write x:row instead of row."""
    return name.rpartition(":")[2]


class _LocalNames(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return self.setdefault(name, local(name))


class XmlPart:
    """Feeds the events of a part to the given functions."""

    def __init__(
        self,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        parser = ParserCreate()
        parser.buffer_text = True
        names = _LocalNames()
        parser.StartElementHandler = lambda name, attributes: start(names[name], attributes)
        if end is not None:
            parser.EndElementHandler = lambda name: end(names[name])
        if text is not None:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser = parser

    def feed(self, stream: IO[bytes]) -> Iterator[None]:
        """Yields after each chunk, so that what was found can be handed on."""
        try:
            while chunk := stream.read(CHUNK):
                self._parser.Parse(chunk, False)
                yield
            self._parser.Parse(b"", True)
        except ExpatError as error:
            raise UnreadableFile(
                "The file is damaged: one of its parts is not well-formed. Open it in your"
                " spreadsheet program,"
                " save it as a new .xlsx workbook and upload that."
            ) from error
        yield

    def feed_all(self, stream: IO[bytes]) -> None:
        for _ in self.feed(stream):
            pass


def element_text(archive: ZipFile, name: str, wanted: str) -> str:
    """What the first element of that name says in a part about the file; "" when it or the part is unusable."""
    found: list[str] = []
    inside = [False]

    def start(tag: str, _: Attributes) -> None:
        inside[0] = tag == wanted and not found

    def text(data: str) -> None:
        if inside[0]:
            found.append(data[:_LONGEST_PROPERTY])
            inside[0] = False

    try:
        with archive.open(name) as stream:
            XmlPart(start=start, text=text).feed_all(stream)
    except UnreadableFile:
        return ""
    return "".join(found).strip()


def _refuse_doctype(*_: object) -> None:
    raise UnreadableFile(
        "The file declares a document type (DOCTYPE), which no spreadsheet program writes."
        " Copy the rows into a new workbook."
    )


def unescape(text: str) -> str:
    """Excel writes control characters in text as _x000D_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
