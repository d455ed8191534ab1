"""A cell, a row and a sheet as every reader delivers them, before anyone asks what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

CellKind = Literal["text", "number", "date", "bool", "error", "formula"]


class Cell(NamedTuple):
    """A filled cell. `text` is a number as the file has it, a date in ISO 8601, an error by name ("#N/A").

    Kind "formula": a formula whose result the file does not hold. `pattern`: a number format worth knowing.
    """

    kind: CellKind
    text: str
    pattern: str = ""


class Row(NamedTuple):
    """A row with at least one filled cell. `number` and the column indexes count from 1, as on screen."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


class Merge(NamedTuple):
    """A rectangle of merged cells. Rows and columns count from 1 and both ends belong to it."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


def no_merges() -> Sequence[Merge]:
    return ()


@dataclass(frozen=True)
class Sheet:
    """One sheet. `rows` may be walked once, and is never walked for a hidden sheet; `merges` may cost a reading."""

    name: str
    visible: bool
    rows: Iterator[Row]
    merges: Callable[[], Sequence[Merge]] = no_merges


def column_letters(index: int) -> str:
    letters = ""
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(65 + remainder) + letters
    return letters


def column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index
