"""What a cell may say where a number is expected. Either a Decimal, None for an empty cell, or a sentence."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import NamedTuple

from .cells import Cell

LARGEST = Decimal("9999999")
EMPTY_OR_ZERO = "Type 0 if there is none there, or leave the cell empty if it was not counted"

_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
_SPREADSHEET_ERROR = re.compile(r"#[A-Z/0!?]+[!?]?|Err:\d+")
_NOTHING_WORDS = frozenset(
    {
        "nil",
        "nill",
        "nul",
        "null",
        "none",
        "na",
        "n/a",
        "n.a.",
        "-",
        "--",
        "---",
        "–",
        "—",
        "zero",
        "empty",
        "x",
        "?",
    }
)


class QuantityWords(NamedTuple):
    """Words, in lower case, that mean none (0) and words that mean nothing is said (an empty cell)."""

    zero: frozenset[str]
    unstated: frozenset[str]

    def mean_zero(self, text: str) -> bool:
        """A word that is in both lists means 0."""
        return not self.zero.isdisjoint(_spellings(text))

    def mean_nothing(self, text: str) -> bool:
        return not self.unstated.isdisjoint(_spellings(text))


def _spellings(text: str) -> tuple[str, str]:
    word = " ".join(text.casefold().split())
    return word, word.rstrip(".")


NO_WORDS = QuantityWords(frozenset(), frozenset())


class NotANumber(Exception):
    """`str(error)` says what the cell holds and what to do, to follow "Sheet ..., row ..., column ...:"."""


def read_number(cell: Cell | None, *, decimals: int = 3, words: QuantityWords = NO_WORDS) -> Decimal | None:
    """The quantity in a cell. Raises NotANumber. An empty cell is None, which is not zero."""
    if cell is None:
        return None
    if cell.kind == "number":
        return _within_bounds(_from_binary(cell), cell.text, decimals)
    if cell.kind == "text":
        text = cell.text.replace("\u00a0", " ").strip()
        if words.mean_zero(text):
            return Decimal(0)
        if not text or words.mean_nothing(text):
            return None
        return _within_bounds(_from_text(text), text, decimals)
    raise NotANumber(_WRONG_KIND[cell.kind].format(text=cell.text))


_WRONG_KIND = {
    "date": "this is a date ({text}), not a quantity. Format the cell as a number and type the quantity",
    "bool": "this is {text}, not a quantity. Type the quantity",
    "error": "the cell shows the error {text}. Replace it by the quantity",
    "formula": "the result of this formula is not in the file. Open the file in Excel, save it and upload it"
    " again, or type the quantity",
}


def _from_binary(cell: Cell) -> Decimal:
    """A stored number as the spreadsheet shows it: to 15 significant digits, so 0.1 + 0.2 is 0.3."""
    try:
        value = float(cell.text)
    except ValueError as error:
        raise NotANumber(f"“{cell.text}” is not a number. Type the quantity in digits") from error
    if not math.isfinite(value):
        raise NotANumber(f"“{cell.text}” is not a quantity. Type the quantity in digits")
    if "%" in cell.pattern:
        raise NotANumber(f"this is a percentage ({value:.15g} shown as %). Format the cell as a number")
    return Decimal(f"{value:.15g}") + 0


def _from_text(text: str) -> Decimal:
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if _THOUSANDS.fullmatch(text):
        return Decimal(text.replace(",", ""))
    raise NotANumber(_what_is_wrong(text))


def _what_is_wrong(text: str) -> str:
    shown = f"“{text if len(text) <= 40 else text[:37] + '...'}”"
    if text.casefold() in _NOTHING_WORDS:
        return f"{shown} is not a quantity. {EMPTY_OR_ZERO}"
    if _SPREADSHEET_ERROR.fullmatch(text):
        return f"the cell shows the error {text}. Replace it by the quantity"
    for pattern, sentence in _TROUBLES:
        if pattern.fullmatch(text):
            return f"{shown} {sentence}"
    return f"{shown} is not a quantity. Type the number in digits, like 12 or 12.5"


_TROUBLES = (
    (re.compile(r"[-−‐‑]\s*[0-9].*|[0-9.,]+\s*-"), "is negative. Type the quantity found, 0 or more"),
    (re.compile(r"\(\s*[0-9.,]+\s*\)"), "reads as a negative number. Type the quantity found, 0 or more"),
    (re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE), "is not a quantity. Type the quantity in digits"),
    (re.compile(r"[0-9.]+[eE][+-]?[0-9]+"), "is in scientific notation. Type the number in full"),
    (
        re.compile(r"[0-9]+(\.[0-9]+)?\s*[^\W\d_]+\.?|[0-9]+\s+[^\W\d_]+.*"),
        "has text beside the number. Type the number alone; the unit has its own column",
    ),
    (
        re.compile(r"[0-9]+(\.[0-9]{3})*,[0-9]+"),
        "is ambiguous: a comma is read as a thousands mark before exactly three digits only. Write"
        " decimals with a"
        " point, like 1234.5",
    ),
    (
        re.compile(r"[0-9.,' ]+"),
        "is ambiguous. Type the digits without separators, with a point before decimals, like 1234.5",
    ),
    (
        re.compile(r"(?=.*[^\x00-\x7f])[\d.,\s]+"),
        "is written with digits of another script. Type it with the digits 0 to 9",
    ),
)


def _within_bounds(value: Decimal, shown: str, decimals: int) -> Decimal:
    if value < 0:
        raise NotANumber(f"“{shown}” is negative. Type the quantity found, 0 or more")
    if value > LARGEST:
        raise NotANumber(f"“{shown}” is more than {LARGEST:,}. Check the number; is it a code or a barcode?")
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        places = "no decimals" if decimals == 0 else f"at most {decimals} decimals"
        raise NotANumber(f"“{shown}” has too many decimals; {places} are kept. Round it")
    return _tidy(value)


def _tidy(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 5, not 5.0 and not 1E+2."""
    if value == value.to_integral_value():
        return value.quantize(Decimal(1))
    return value.normalize()
