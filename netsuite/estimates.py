"""An estimate, which people call a quote, as NetSuite gets it. Plain data: no Django, no HTTP, no rule of ours.

Rates travel as decimal text with four places. A rate makes the line's price custom; NetSuite works out subtotal,
tax and total itself, and what it worked out is read back and compared with `expected_subtotal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from netsuite.records import (
    COST_PLACES,
    ITEM_CODE_FIELD,
    MEMO_LENGTH,
    Json,
    Reference,
    quantity_text,
    reference,
)

ESTIMATE = "estimate"
CUSTOMER_CODE_FIELD = "entityid"
CUSTOM_PRICE_LEVEL = "-1"
CENT = Decimal("0.01")


@dataclass(frozen=True)
class EstimateLine:
    """`rate` is the price of one unit; without one NetSuite takes the listed price of `price_level` (an internal id),
    or the customer's own."""

    item: Reference
    quantity: Decimal
    rate: Decimal | None = None
    price_level: str = ""
    description: str = ""


def estimate(
    *,
    tran_date: date,
    customer: Reference,
    lines: Sequence[EstimateLine],
    title: str = "",
    memo: str = "",
    due_date: date | None = None,
    expected_close_date: date | None = None,
) -> Json:
    """The `record` of a push. Raises ValueError for what NetSuite would not keep as it is."""
    if not lines:
        raise ValueError("An estimate needs at least one line.")
    return {
        "tranDate": tran_date.isoformat(),
        "entity": reference(customer, CUSTOMER_CODE_FIELD),
        "dueDate": due_date.isoformat() if due_date else None,
        "expectedCloseDate": expected_close_date.isoformat() if expected_close_date else None,
        "title": title[:MEMO_LENGTH],
        "memo": memo[:MEMO_LENGTH],
        "lines": [_line(line) for line in lines],
    }


def expected_subtotal(record: Mapping[str, Any]) -> Decimal | None:
    """The sum of quantity times rate, each line to the cent; None where NetSuite's own price lists decide."""
    amounts = []
    for line in record.get("lines") or ():
        if line.get("rate") is None:
            return None
        amounts.append((Decimal(line["quantity"]) * Decimal(line["rate"])).quantize(CENT, ROUND_HALF_UP))
    return sum(amounts, Decimal("0.00")) if amounts else None


def _line(line: EstimateLine) -> Json:
    if line.quantity <= 0:
        raise ValueError(f"{line.item.code}: the quantity of an estimate's line must be above zero.")
    written: Json = {
        "item": reference(line.item, ITEM_CODE_FIELD),
        "quantity": quantity_text(line.quantity, line.item.code),
        "description": line.description[:MEMO_LENGTH],
    }
    if line.rate is not None:
        written |= {"rate": _rate_text(line), "priceLevel": {"id": CUSTOM_PRICE_LEVEL}}
    elif line.price_level:
        written["priceLevel"] = {"id": line.price_level}
    return written


def _rate_text(line: EstimateLine) -> str:
    rate = line.rate or Decimal(0)
    rounded = rate.quantize(COST_PLACES, ROUND_HALF_UP)
    if rounded != rate or rate < 0:
        raise ValueError(f"{line.item.code}: rate {rate} must not be negative nor have more than four decimal places.")
    if line.price_level not in ("", CUSTOM_PRICE_LEVEL):
        raise ValueError(f"{line.item.code}: a rate belongs to the custom price level, not to {line.price_level}.")
    return f"{rounded:f}"
