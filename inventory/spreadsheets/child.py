"""The process that touches an uploaded file. Started by `process.py` for one file; it knows no Django.

Standard input: one line of JSON (what to read, within what limits), then the bytes of the file. Standard
output: JSON lines, each an array that begins with its kind; ["read"] closes the reading, ["end"] the
comparison after it.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import astuple
from decimal import Decimal
from typing import Any

from .columns import Layout
from .gathering import Gathered, gather, summarise
from .layout_json import layout_from_json
from .limits import Limits
from .results import UnreadableFile

TOO_LARGE = "The file needs more memory than a walk-sheet should. Copy the rows into a new workbook."
DAMAGED = (
    "The file is damaged or unusual and could not be read. Open it in your spreadsheet program, save"
    " it as a new"
    " .xlsx workbook and upload that."
)


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**job["limits"])
    _restrict(limits)
    gc.disable()  # one file and out; following the many small rows around would cost a third of the time
    try:
        _answer(sys.stdin.buffer.read(), job["file_name"], layout_from_json(job["layout"]), limits)
    except UnreadableFile as error:
        _send([["refused", str(error)]])
    except MemoryError:
        _send([["refused", TOO_LARGE]])
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        _send([["refused", DAMAGED]])


def _restrict(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(content: bytes, file_name: str, layout: Layout, limits: Limits) -> None:
    gathered = gather(content, file_name, layout, limits)
    _send(_lines(gathered, layout))
    if gathered.kind != "csv":
        from .crosscheck import compare  # last, because it may take the process down

        _send(["warning", sentence] for sentence in compare(content, gathered.tallies))
    _send([["end"]])


def _lines(gathered: Gathered, layout: Layout) -> Iterator[list[Any]]:
    codes = list(gathered.sheet_codes)
    yield ["file", gathered.kind, codes[0] if len(codes) == 1 else "", gathered.saved_at]
    for sentence in gathered.warnings:
        yield ["warning", sentence]
    for sheet in gathered.sheets:
        yield ["sheet", *astuple(summarise(sheet, layout))]
        for record in sheet.rows.records:
            if record.errors or sheet.conflicts:
                yield ["refused_row", record.sheet, record.row, record.code_cell, record.amount_cell]
            else:
                yield ["row", record.sheet, record.row, *record.values.values()]
    for error in gathered.errors():
        yield ["error", *astuple(error)]
    yield ["read"]


def _send(lines: Any) -> None:
    encode = json.JSONEncoder(ensure_ascii=True, default=_decimal, separators=(",", ":")).encode
    for line in lines:
        sys.stdout.write(encode(line) + "\n")
    sys.stdout.flush()


def _decimal(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    raise TypeError(type(value).__name__)
