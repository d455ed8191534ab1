"""Reads a stock workbook as people keep it: an item a row, with the quantity the sheet states."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, tzinfo

from .answers import as_reading
from .limits import DEFAULT_LIMITS, Limits
from .process import read_in_child
from .quantities import QuantityWords
from .results import Reading
from .stock_columns import STOCK_SHEET, UNSTATED_WORDS, ZERO_WORDS


def read_stock_sheet(
    content: bytes,
    *,
    file_name: str,
    limits: Limits = DEFAULT_LIMITS,
    zero_words: Collection[str] = ZERO_WORDS,
    time_zone: tzinfo = UTC,
) -> Reading:
    """`ReadLine.counted` is the quantity stated, None where the cell states none (empty, "-", "NA").

    `zero_words` mean 0. Every other text that is no number refuses its row, which is then in `refused`; the other
    rows stand. `time_zone` is that of files which give the time of saving without one, as LibreOffice does.
    Raises UnreadableFile when the file as a whole cannot be used.
    """
    words = QuantityWords(frozenset(word.casefold() for word in zero_words), UNSTATED_WORDS)
    layout = replace(STOCK_SHEET, words=words)
    return as_reading(read_in_child(content, file_name, layout, limits), time_zone=time_zone)
