"""Runs the child process that reads a file, holds it to its limits, and collects its answer."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from .columns import Layout
from .layout_json import layout_to_json
from .limits import MIB, Limits
from .results import CellError, ColumnRead, IgnoredRow, SheetSummary, UnreadableFile

log = logging.getLogger(__name__)

_PACKAGE = Path(__file__).resolve().parent
# The package is imported on its own, under its last name: nothing above it, so no Django, enters the child.
_START = f"import sys; sys.path.insert(0, sys.argv[1]); from {_PACKAGE.name}.child import main; main()"
_SLOW = "The file takes too long to read. Copy the rows into a new workbook and upload that."
_DIED = (
    "The file could not be read: it broke the program that reads it. Open it in your spreadsheet"
    " program, save it as"
    " a new .xlsx workbook and upload that."
)
_ONE_READER = "A second reader broke on the file, so the figures could not be compared. Check them with care."

Value = str | Decimal | None


@dataclass
class Answer:
    """What the child said, in the order it said it.

    `rows` are (sheet, row, values by field), `refused` (sheet, row, what the code's and the amount's cell say).
    `saved_at` is the time of the last saving as the file has it, or "".
    """

    kind: str = ""
    sheet_code: str = ""
    saved_at: str = ""
    refused: list[tuple[str, int, str, str]] = field(default_factory=list)
    sheets: list[SheetSummary] = field(default_factory=list)
    rows: list[tuple[str, int, dict[str, Value]]] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_in_child(content: bytes, file_name: str, layout: Layout, limits: Limits) -> Answer:
    """Raises UnreadableFile with a sentence for whatever the child could not do."""
    if len(content) > limits.upload_bytes:
        raise UnreadableFile(
            f"The file is {len(content) / MIB:.1f} MiB; at most {limits.upload_bytes / MIB:g} MiB are read. Split it."
        )
    output, code = _run(_job(file_name, layout, limits) + content, limits)
    answer, finished = _collect(output.splitlines(), [each.name for each in layout.fields])
    if code != 0 or not finished:
        log.warning("reader of %r ended with %s, finished=%s", file_name, code, finished)
    if not finished:
        raise UnreadableFile(_SLOW if code == -signal.SIGXCPU else _DIED)
    return answer


def _run(request: bytes, limits: Limits) -> tuple[bytes, int]:
    command = [sys.executable, "-I", "-c", _START, str(_PACKAGE.parent)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"LANG": "C.UTF-8"},
    ) as child:
        try:
            output, remarks = child.communicate(request, timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired as error:
            child.kill()
            child.communicate()
            raise UnreadableFile(_SLOW) from error
    if remarks:
        log.warning("reader remarked: %s", remarks[-2000:].decode("utf-8", "replace"))
    return output, child.returncode


def _job(file_name: str, layout: Layout, limits: Limits) -> bytes:
    name = Path(file_name).name or "file"
    job = {"file_name": name, "layout": layout_to_json(layout), "limits": asdict(limits)}
    return json.dumps(job).encode() + b"\n"


def _collect(lines: list[bytes], names: list[str]) -> tuple[Answer, bool]:
    """The answer, and whether the first reading arrived whole (the second reader may have died after it)."""
    answer = Answer()
    told: set[str] = set()
    for kind, *values in _decoded(lines):
        if kind == "refused" and "read" not in told:
            raise UnreadableFile(values[0])
        told.add(kind)
        _take(answer, kind, values, names)
    if "read" in told and "end" not in told:
        answer.warnings.append(_ONE_READER)
    return answer, "read" in told


def _take(answer: Answer, kind: str, values: list[Any], names: list[str]) -> None:
    if kind == "row":
        answer.rows.append((values[0], values[1], dict(zip(names, values[2:], strict=True))))
    elif kind == "refused_row":
        sheet, row, code, amount = values
        answer.refused.append((sheet, row, code, amount))
    elif kind == "error":
        answer.errors.append(CellError(*values))
    elif kind == "warning":
        answer.warnings.append(values[0])
    elif kind == "sheet":
        answer.sheets.append(_summary(values))
    elif kind == "file":
        answer.kind, answer.sheet_code, answer.saved_at = values


def _decoded(lines: list[bytes]) -> Iterator[list[Any]]:
    decode = json.JSONDecoder(object_hook=lambda found: Decimal(found["decimal"])).decode
    for line in lines:
        try:
            yield decode(line.decode("ascii"))
        except ValueError:  # cut off when the child was stopped in the middle of a line
            return


def _summary(values: list[Any]) -> SheetSummary:
    name, visible, header_row, columns, rows_in, counted, refused, not_counted, ignored, blank = values
    return SheetSummary(
        name,
        visible,
        header_row,
        tuple(ColumnRead(*each) for each in columns),
        rows_in,
        counted,
        refused,
        not_counted,
        tuple(IgnoredRow(*each) for each in ignored),
        blank,
    )
