"""Reads the same workbook with a second, unrelated reader and compares what both saw.

python-calamine is fast and shares no code with our readers. It may end the process on a damaged file, so
the first reading is sent off before it starts.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from python_calamine import CalamineWorkbook

from .opening import Tally

MOST_CELLS = 4_000_000  # calamine keeps the whole used rectangle, at 32 bytes a cell


def compare(content: bytes, seen: dict[str, Tally]) -> Iterator[str]:
    """A warning for every visible sheet in which the two readers disagree."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name, tally in seen.items():
            if tally.last_row * tally.last_column <= MOST_CELLS:
                yield from _compare_sheet(workbook, name, tally)
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # calamine's PanicException is no Exception
        yield (f"A second reader could not open the file ({type(error).__name__}). Check the figures below with care.")


def _compare_sheet(workbook: CalamineWorkbook, name: str, tally: Tally) -> Iterator[str]:
    filled = 0
    for row in workbook.get_sheet_by_name(name).iter_rows():
        filled += sum(not isinstance(value, str) or bool(value.strip()) for value in row)
    if filled != tally.plain:
        yield (
            f"Sheet “{name}”: two readers disagree ({tally.plain:,} against {filled:,} filled cells)."
            " The file may be"
            " damaged: check the figures below with care, or save it again and upload that."
        )
