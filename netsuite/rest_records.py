"""An inventory adjustment in the words of the REST record API, and what that API says it holds.

The record API compares nothing for us: the hash travels in a body field of the transaction, and lines are compared
one by one after reading the record back. It knows references by internal id only.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from netsuite.outcomes import RemoteRecord
from netsuite.records import Json

RECORD = "inventoryAdjustment"
_Line = tuple[str, str, Decimal]


class NotExpressible(Exception):
    """The record API cannot be told this; the message names the row and the cure."""


def body(record: Mapping[str, Any], *, external_id: str, payload_hash: str, hash_field: str) -> Json:
    """What is posted. Raises NotExpressible."""
    if not record.get("account"):
        raise NotExpressible(
            "The record names no adjustment account, and the record API has none of its own. "
            "Set NETSUITE_ADJUSTMENT_ACCOUNT_ID; this record then needs a new approval."
        )
    lines = record.get("lines") or ()
    written: Json = {
        "externalId": external_id,
        "tranDate": record["tranDate"],
        "memo": record["memo"],
        "account": {"id": record["account"]["id"]},
        "adjLocation": id_only("Location", record["adjLocation"]),
        "inventory": {"items": [_line(line) for line in lines]},
    }
    if record.get("subsidiary"):
        written["subsidiary"] = {"id": record["subsidiary"]["id"]}
    if hash_field:
        written[hash_field] = payload_hash
    return written


def held(document: Mapping[str, Any], *, hash_field: str, record: Mapping[str, Any], payload_hash: str) -> RemoteRecord:
    """What NetSuite holds. Without a hash field, equal lines stand in for an equal hash."""
    items, count = sublist_of(document, "inventory")
    lines = _held_lines(items)
    total = sum((quantity * times for (_, _, quantity), times in lines.items()), Decimal(0)) if lines else None
    return RemoteRecord(
        internal_id=str(document.get("id") or ""),
        tran_id=str(document.get("tranId") or ""),
        external_id=str(document.get("externalId") or ""),
        payload_hash=mark_of(document, hash_field, payload_hash, equal=lines == Counter(_sent_lines(record))),
        line_count=count,
        quantity_sum="" if total is None else f"{total:f}",
    )


def mark_of(document: Mapping[str, Any], hash_field: str, payload_hash: str, *, equal: bool) -> str:
    """The payload hash NetSuite keeps; where no field keeps one, ours when the lines are `equal`."""
    if hash_field:
        return str(document.get(hash_field) or "")
    return payload_hash if equal else ""


def _line(line: Mapping[str, Any]) -> Json:
    written: Json = {
        "item": id_only("Item", line["item"]),
        "location": id_only("Location", line["location"]),
        # At most fifteen digits: the shortest text of the float is the decimal itself.
        "adjustQtyBy": float(line["adjustQtyBy"]),
        "memo": line.get("memo", ""),
    }
    if "unitCost" in line:
        written["unitCost"] = float(line["unitCost"])
    return written


def id_only(what: str, reference: Mapping[str, str]) -> dict[str, str]:
    if "id" in reference:
        return {"id": reference["id"]}
    name = next(iter(reference.values()), "")
    raise NotExpressible(
        f"{what} {name} has no NetSuite internal id, and the record API takes no codes. Give it one and have "
        "this approved anew, or send through the RESTlet (NETSUITE_TRANSPORT=restlet) and retry."
    )


def sublist_of(document: Mapping[str, Any], name: str) -> tuple[list[Any] | None, int | None]:
    """The lines and their number; no lines when the answer shows only a part of them."""
    sublist = document.get(name)
    items = sublist.get("items") if isinstance(sublist, dict) else None
    if not isinstance(sublist, dict) or not isinstance(items, list):
        return None, None
    count = int(sublist.get("totalResults", len(items)))
    return (None if sublist.get("hasMore") or count != len(items) else items), count


def _held_lines(items: list[Any] | None) -> Counter[_Line] | None:
    try:
        return None if items is None else Counter(_held_line(line) for line in items)
    except (KeyError, TypeError, ArithmeticError):
        return None


def _held_line(line: Mapping[str, Any]) -> _Line:
    return str(line["item"]["id"]), str(line["location"]["id"]), Decimal(str(line["adjustQtyBy"]))


def _sent_lines(record: Mapping[str, Any]) -> list[_Line]:
    return [
        (line["item"].get("id", ""), line["location"].get("id", ""), Decimal(line["adjustQtyBy"]))
        for line in record.get("lines") or ()
    ]
