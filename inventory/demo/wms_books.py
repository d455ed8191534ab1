"""What the house's own rows say of a WMS's location: the other side of every figure of the third act."""

from decimal import Decimal

from django.db.models import Sum

from inventory.models import Balance, Movement, WmsClient


def on_hand_at(client: WmsClient) -> dict[str, Decimal]:
    """By item code."""
    return {code: on_hand for code, (on_hand, _) in held_at(client).items()}


def held_at(client: WmsClient) -> dict[str, tuple[Decimal, Decimal]]:
    """{item code: on hand, promised}."""
    rows = Balance.objects.filter(location=client.location).order_by()
    columns = rows.values_list("item__item_code", "quantity_on_hand", "quantity_reserved")
    return {code: (on_hand, reserved) for code, on_hand, reserved in columns}


def fed_at(client: WmsClient) -> tuple[int, Decimal]:
    """How many movements the feed has made, and what they add up to."""
    rows = Movement.objects.filter(location=client.location, kind=Movement.Kind.FEED)
    return rows.count(), round(rows.aggregate(total=Sum("delta"))["total"] or Decimal(0), 3)
