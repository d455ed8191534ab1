"""Version 2: the item and its quantities are objects, and only sellable stock is spoken of unless `status` says more.

`{"seq": 7, "item": {"code": "1042"}, "quantities": {"on_hand": 12}, "observed_at": "2026-11-02T07:30:00Z"}`
"""

from typing import Any

from inventory.wms.schemas import fields
from inventory.wms.schemas.update import NewUpdate, Raw, Schema


def read(raw: Raw, wms_id: str) -> NewUpdate:
    return NewUpdate(
        sequence=fields.sequence(raw, "seq"),
        sku=fields.sku(fields.part(raw, "item"), "code"),
        quantity=fields.quantity(fields.part(raw, "quantities"), "on_hand"),
        status=fields.sellable(fields.text(raw, "status") if "status" in raw else "available"),
        as_of=fields.moment(raw, "observed_at"),
    )


def _code(raw: Raw) -> Any:
    item = raw.get("item")
    return item.get("code") if isinstance(item, dict) else None


SCHEMA = Schema("2", read, key_of=lambda raw: raw.get("seq"), sku_of=_code)
