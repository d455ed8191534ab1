"""Version 1, the client's own words: `wms_updates: wms_id, sku, quantity, status, received_at`, with its sequence."""

from inventory.wms.schemas import fields
from inventory.wms.schemas.update import NewUpdate, Raw, Schema, Unmappable


def read(raw: Raw, wms_id: str) -> NewUpdate:
    """`received_at` is when the WMS itself took the count: the moment its quantity is true of."""
    sequence = fields.sequence(raw, "sequence")
    if fields.text(raw, "wms_id") != wms_id:
        raise Unmappable("wrong_client", f"wms_id is not {wms_id}, who signed. Each WMS sends its own updates.")
    return NewUpdate(
        sequence=sequence,
        sku=fields.sku(raw, "sku"),
        quantity=fields.quantity(raw, "quantity"),
        status=fields.sellable(fields.text(raw, "status")),
        as_of=fields.moment(raw, "received_at"),
    )


SCHEMA = Schema("1", read, key_of=lambda raw: raw.get("sequence"), sku_of=lambda raw: raw.get("sku"))
