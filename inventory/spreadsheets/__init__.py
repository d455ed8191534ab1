"""Reads spreadsheets that people made: walk-sheets, stock workbooks, and tables to import.

Plain Python. The file itself is opened only in a child process with limits on memory and time.
`read_walk_sheet`, `read_stock_sheet` and `read_table` return what it held, or raise `UnreadableFile` with a
sentence for the person who uploaded it.
"""

from .limits import DEFAULT_LIMITS, Limits
from .lots import CombinedLine, combine_lots
from .results import (
    CellError,
    ColumnRead,
    IgnoredRow,
    Reading,
    ReadLine,
    RefusedRow,
    SheetSummary,
    Table,
    TableRow,
    UnreadableFile,
)
from .stock_columns import ZERO_WORDS
from .stock_sheet import read_stock_sheet
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
    "RefusedRow",
    "SheetSummary",
    "Table",
    "TableRow",
    "UnreadableFile",
    "ZERO_WORDS",
    "combine_lots",
    "read_stock_sheet",
    "read_table",
    "read_walk_sheet",
]
