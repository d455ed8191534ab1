"""What the warehouse stocks, from a file."""

import csv
import io
from decimal import Decimal, InvalidOperation
from pathlib import Path

CODES, QUANTITIES = ("item_code", "sku", "code"), ("quantity", "on_hand", "quantity_on_hand")


class NoItems(Exception):
    """A sentence for whoever named the file."""


def read_items(path: Path) -> dict[str, Decimal | None]:
    """{item code: quantity, or None where it is not said}. A table with a heading, or a code a line.

    Raises NoItems.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NoItems(f"{path} cannot be read as text: {error}. Name a file of item codes, or a number.") from error
    rows = list(csv.DictReader(io.StringIO(text)))
    headings = list(rows[0]) if rows else []
    code = next((name for name in headings if name in CODES), None)
    if code is None:
        found: dict[str, Decimal | None] = {line.strip(): None for line in text.splitlines() if line.strip()}
    else:
        quantity = next((name for name in headings if name in QUANTITIES), None)
        found = {row[code].strip(): _quantity(row.get(quantity or "")) for row in rows if row[code]}
    if not found:
        raise NoItems(f"{path} names no item. Put one item code on each line.")
    return found


def _quantity(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None
