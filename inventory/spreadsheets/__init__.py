"""Reads spreadsheets that people made: walk-sheets first of all, and tables to import.

Plain Python. The file itself is opened only in a child process with limits on memory and time.
`read_walk_sheet` and `read_table` return what it held, or raise `UnreadableFile` with a sentence for the
person who uploaded it.
"""

from .limits import DEFAULT_LIMITS, Limits
from .lots import CombinedLine, combine_lots
from .results import (
    CellError,
    ColumnRead,
    IgnoredRow,
    Reading,
    ReadLine,
    SheetSummary,
    Table,
    TableRow,
    UnreadableFile,
)
from .table import read_table
from .walk_sheet import read_walk_sheet

__all__ = [
    "DEFAULT_LIMITS",
    "CellError",
    "ColumnRead",
    "CombinedLine",
    "IgnoredRow",
    "Limits",
    "ReadLine",
    "Reading",
    "SheetSummary",
    "Table",
    "TableRow",
    "UnreadableFile",
    "combine_lots",
    "read_table",
    "read_walk_sheet",
]
