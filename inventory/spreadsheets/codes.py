"""Codes are text. What a spreadsheet did to them is undone where that is certain, and reported otherwise."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from .cells import Cell

LONGEST = 100
AS_TEXT = "Format the column as text and type the code again"

_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
_SPACES = dict.fromkeys([0x00A0, 0x2007, 0x202F, 0x2009, 0x3000], " ")
_POINT_ZERO = re.compile(r"([0-9]+)\.0+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]{1,3}|[0-9]\.[0-9]+[eE]-?[0-9]{1,3}")
_LOOK_ALIKE_LETTERS = frozenset("АВЕЅІЈКМНОРСТХУаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧογν")
_LOOK_ALIKE_SIGNS = frozenset("‐‑‒–—―−⁄∕․")
_SAFE_INTEGER = 10**15


class NotACode(Exception):
    """`str(error)` says what the cell holds and what to do."""


class Code(NamedTuple):
    text: str
    note: str = ""


def read_code(cell: Cell | None) -> Code:
    """The code in a cell ("" for an empty one), with a note where the file's format supplied digits."""
    if cell is None:
        return Code("")
    if cell.kind == "text":
        return Code(_from_text(cell.text))
    if cell.kind == "number":
        return _from_number(cell)
    raise NotACode(_WRONG_KIND[cell.kind].format(text=cell.text))


_WRONG_KIND = {
    "date": "the code has become a date (" + "{text}" + f"). {AS_TEXT}",
    "bool": "this is {text}, not a code. " + AS_TEXT,
    "error": "the cell shows the error {text}. Type the code",
    "formula": "the result of this formula is not in the file. Open the file in Excel, save it and upload it again",
}


def clean_text(text: str) -> str:
    """NFC, no zero-width characters, ordinary spaces, nothing at the ends."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE).translate(_SPACES)).strip()


def _from_text(raw: str) -> str:
    text = clean_text(raw)
    if len(text) > LONGEST:
        raise NotACode(f"the code is {len(text)} characters long; {LONGEST} are the most. Check the column")
    if _SCIENTIFIC.fullmatch(text):
        raise NotACode(f"“{text}” is a long code turned into scientific notation. {AS_TEXT}")
    _refuse_deceptive(text)
    match = _POINT_ZERO.fullmatch(text)
    return match.group(1) if match else text


def _refuse_deceptive(text: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for character in text:
        category = unicodedata.category(character)
        if category in {"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"}:
            raise NotACode(f"the code holds an invisible character ({code_points(character)}). Type the code again")
        if _looks_like_another(character):
            raise NotACode(
                f"“{character}” ({code_points(character)}) in the code {isolated(text)} looks like an"
                " ordinary"
                " character but is another one. Type the code again"
            )


def _looks_like_another(character: str) -> bool:
    if character in _LOOK_ALIKE_LETTERS or character in _LOOK_ALIKE_SIGNS:
        return True
    if "\uff01" <= character <= "\uff5e":
        return True
    return not character.isascii() and unicodedata.category(character) == "Nd"


def code_points(text: str) -> str:
    return ", ".join(f"U+{ord(character):04X} {unicodedata.name(character, 'unnamed')}" for character in text)


def isolated(text: str) -> str:
    """Quoted, with isolation marks, so that right-to-left text cannot reorder the sentence around it."""
    return f"“\u2068{text}\u2069”"


def _from_number(cell: Cell) -> Code:
    try:
        value = float(cell.text)
    except ValueError as error:
        raise NotACode(f"“{cell.text}” is not a code. {AS_TEXT}") from error
    if abs(value) >= _SAFE_INTEGER or value != value:
        raise NotACode(f"“{cell.text}” is a long code stored as a number, its last digits are lost. {AS_TEXT}")
    if value < 0 or value != int(value):
        raise NotACode(f"“{cell.text}” is a number, not a code. {AS_TEXT}")
    digits = str(int(value))
    padded = digits.zfill(len(cell.pattern)) if cell.pattern.strip("0") == "" else digits
    return Code(padded, f"{digits} is shown as {padded}" if padded != digits else "")
