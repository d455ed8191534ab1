"""What this house knows of a WMS client: where its simulation begins, and what the house believes in the end."""

from decimal import Decimal

from inventory.models import Balance, WmsClient, WmsIntake, WmsStanding
from inventory.variance.expected import moved_after
from inventory.wms.simulator.checking import Held, Look


def stock_here(client: WmsClient, most: int | None = None) -> dict[str, Decimal]:
    """{item code: on hand} at its location, the first so many."""
    rows = Balance.objects.filter(location=client.location).order_by("item__item_code")
    return dict(rows.values_list("item__item_code", "quantity_on_hand")[:most])


def next_sequence(client: WmsClient) -> int:
    highest = WmsIntake.objects.filter(client=client).values_list("highest_sequence", flat=True).first()
    return 1 if highest is None else highest + 1


def in_this_house(client: WmsClient) -> Look:
    """Of followed items, on hand less the goods that moved since the WMS's word; of the others, the word it kept."""
    location = client.location
    words = {
        item_id: (quantity, as_of)
        for item_id, quantity, as_of in WmsStanding.objects.filter(client=client).values_list(
            "item_id", "quantity", "as_of"
        )
    }
    moved = moved_after(location, {(item_id, as_of) for item_id, (_, as_of) in words.items()})
    held: dict[str, Held] = {}
    rows = Balance.objects.filter(location=location).order_by()
    for item_id, code, on_hand, authority in rows.values_list(
        "item_id", "item__item_code", "quantity_on_hand", "authority"
    ):
        quantity, as_of = words.get(item_id, (None, None))
        if authority == "wms" and as_of is not None:
            quantity = on_hand - moved.get((item_id, as_of), Decimal(0))
        held[code] = Held(quantity)
    return lambda sku: held.get(sku, Held(None))
