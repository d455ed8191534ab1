"""What we write to NetSuite, as plain data. No Django, no HTTP.

Quantities travel as decimal strings with three places, unit costs with four, never as floats.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

INVENTORY_ADJUSTMENT = "inventoryadjustment"
ITEM_CODE_FIELD, LOCATION_CODE_FIELD = "itemid", "name"

QUANTITY_PLACES = Decimal("0.001")
COST_PLACES = Decimal("0.0001")
MEMO_LENGTH = 999

Json = dict[str, Any]
StockKey = tuple[str, str]


@dataclass(frozen=True)
class Reference:
    """An item, a location or a customer: NetSuite's internal id when we know it, else the code people use."""

    code: str
    internal_id: str = ""


@dataclass(frozen=True)
class AdjustmentLine:
    """One signed change of one item. NetSuite ignores `unit_cost` on a decrease, so none is sent there."""

    item: Reference
    quantity: Decimal
    unit_cost: Decimal | None = None
    memo: str = ""


def inventory_adjustment(
    *,
    tran_date: date,
    memo: str,
    account_id: str,
    subsidiary_id: str,
    location: Reference,
    lines: Sequence[AdjustmentLine],
) -> Json:
    """The `record` of a push. Lines that change nothing are left out; raises ValueError when none remain."""
    written = [_adjustment_line(line, location) for line in lines if line.quantity != 0]
    if not written:
        raise ValueError("An inventory adjustment needs at least one line that changes a quantity.")
    return {
        "tranDate": tran_date.isoformat(),
        "memo": memo[:MEMO_LENGTH],
        "account": {"id": account_id} if account_id else None,
        "subsidiary": {"id": subsidiary_id} if subsidiary_id else None,
        "adjLocation": reference(location, LOCATION_CODE_FIELD),
        "lines": written,
    }


def payload_hash(*, record_type: str, external_id: str, record: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of what is sent; NetSuite keeps it, so a changed payload shows."""
    content = {"recordType": record_type, "externalId": external_id, "record": record}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def redated(record: Mapping[str, Any], tran_date: date) -> Json:
    """The same record with another transaction date."""
    return {**record, "tranDate": tran_date.isoformat()}


def quantity_sum(record: Mapping[str, Any]) -> Decimal:
    """Of an adjustment the net change, of an estimate the sum of what is quoted."""
    return sum((Decimal(line.get("adjustQtyBy") or line["quantity"]) for line in _lines(record)), Decimal("0"))


def line_count(record: Mapping[str, Any]) -> int:
    return sum(1 for _ in _lines(record))


def stock_keys(record: Mapping[str, Any]) -> frozenset[StockKey]:
    """The (item, location) pairs whose stock a record changes; two records sharing one must arrive in order."""
    return frozenset(quantities(record))


def quantities(record: Mapping[str, Any]) -> dict[StockKey, Decimal]:
    """By how much a record changes each (item, location)."""
    changes: dict[StockKey, Decimal] = {}
    for line in _lines(record):
        if "adjustQtyBy" not in line:
            continue
        key = _key(line.get("item")), _key(line.get("location"))
        changes[key] = changes.get(key, Decimal(0)) + Decimal(line["adjustQtyBy"])
    return changes


def reference_keys(*, internal_id: str, code: str, code_field: str) -> list[str]:
    """How an item or a location may be named in a stock key: by its internal id, by its code."""
    named = [{"id": internal_id}] if internal_id else []
    return [_key(found) for found in [*named, {code_field: code}]]


def _lines(record: Mapping[str, Any]) -> Iterable[Json]:
    return record.get("lines") or ()


def _key(named: Mapping[str, str] | None) -> str:
    return "|".join(f"{name}={value.casefold()}" for name, value in sorted((named or {}).items()))


def _adjustment_line(line: AdjustmentLine, location: Reference) -> Json:
    written: Json = {
        "item": reference(line.item, ITEM_CODE_FIELD),
        "location": reference(location, LOCATION_CODE_FIELD),
        "adjustQtyBy": quantity_text(line.quantity, line.item.code),
        "memo": line.memo[:MEMO_LENGTH],
    }
    if line.quantity > 0 and line.unit_cost is not None:
        written["unitCost"] = f"{line.unit_cost.quantize(COST_PLACES, ROUND_HALF_UP):f}"
    return written


def quantity_text(quantity: Decimal, code: str) -> str:
    """Raises ValueError, naming the item's code, for a quantity NetSuite would round."""
    rounded = quantity.quantize(QUANTITY_PLACES, ROUND_HALF_UP)
    if rounded != quantity:
        raise ValueError(f"{code}: quantity {quantity} has more than three decimal places.")
    return f"{rounded:f}"


def reference(named: Reference, code_field: str) -> dict[str, str]:
    if named.internal_id:
        return {"id": named.internal_id}
    return {code_field: named.code}
