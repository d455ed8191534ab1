"""An estimate in the words of the REST record API, and what that API says it holds. References by internal id only."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from netsuite.estimates import CUSTOM_PRICE_LEVEL
from netsuite.outcomes import RemoteRecord
from netsuite.records import Json
from netsuite.rest_records import id_only, mark_of, sublist_of

RECORD = "estimate"
_Line = tuple[str, Decimal, Decimal | None]


def body(record: Mapping[str, Any], *, external_id: str, payload_hash: str, hash_field: str) -> Json:
    """What is posted. Raises NotExpressible."""
    written: Json = {
        "externalId": external_id,
        "tranDate": record["tranDate"],
        "entity": id_only("Customer", record["entity"]),
        "item": {"items": [_line(line) for line in record.get("lines") or ()]},
    }
    for name in ("dueDate", "expectedCloseDate", "title", "memo"):
        if record.get(name):
            written[name] = record[name]
    if hash_field:
        written[hash_field] = payload_hash
    return written


def held(document: Mapping[str, Any], *, hash_field: str, record: Mapping[str, Any], payload_hash: str) -> RemoteRecord:
    """What NetSuite holds. Without a hash field, equal lines stand in for an equal hash."""
    items, count = sublist_of(document, "item")
    lines = _held_lines(items)
    sent = Counter(_sent_line(line) for line in record.get("lines") or ())
    priced = {(item, quantity) for item, quantity, rate in sent if rate is None}
    seen = lines and Counter(
        (item, quantity, None if (item, quantity) in priced else rate) for item, quantity, rate in lines.elements()
    )
    total = sum((quantity * times for (_, quantity, _), times in lines.items()), Decimal(0)) if lines else None
    return RemoteRecord(
        internal_id=str(document.get("id") or ""),
        tran_id=str(document.get("tranId") or ""),
        external_id=str(document.get("externalId") or ""),
        payload_hash=mark_of(document, hash_field, payload_hash, equal=seen == sent),
        line_count=count,
        quantity_sum="" if total is None else f"{total:f}",
        subtotal=_money(document.get("subtotal")),
        total=_money(document.get("total")),
    )


def _line(line: Mapping[str, Any]) -> Json:
    # At most fifteen digits: the shortest text of the float is the decimal itself.
    written: Json = {"item": id_only("Item", line["item"]), "quantity": float(line["quantity"])}
    if line.get("rate") is not None:
        written |= {"price": {"id": CUSTOM_PRICE_LEVEL}, "rate": float(line["rate"])}
    elif line.get("priceLevel"):
        written["price"] = id_only("Price level", line["priceLevel"])
    if line.get("description"):
        written["description"] = line["description"]
    return written


def _held_lines(items: list[Any] | None) -> Counter[_Line] | None:
    try:
        return None if items is None else Counter(_held_line(line) for line in items)
    except (KeyError, TypeError, ArithmeticError):
        return None


def _held_line(line: Mapping[str, Any]) -> _Line:
    return str(line["item"]["id"]), Decimal(str(line["quantity"])), Decimal(str(line["rate"]))


def _sent_line(line: Mapping[str, Any]) -> _Line:
    rate = line.get("rate")
    return line["item"].get("id", ""), Decimal(line["quantity"]), None if rate is None else Decimal(rate)


def _money(value: object) -> str:
    return "" if value is None else f"{Decimal(str(value)):.2f}"
