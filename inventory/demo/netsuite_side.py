"""The demo's NetSuite before the first push: our stock less what still waits to be pushed, and three differences.

Written as the simulator's seed document, so that the mirror finds what it would find in a real house.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from approvals.clock import now
from inventory.mirror.unconfirmed import by_balance, open_pushes, our_names
from inventory.models import Balance, Item, Location

FILE = "demo_netsuite.json"
OFF_BY = (Decimal(-12), Decimal(6), Decimal(-1))
"""What somebody did in NetSuite alone, to the first items of the first location."""


def write_netsuite_side() -> Path:
    path = Path(settings.VAR_DIR) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(netsuite_side()), encoding="utf-8")
    return path


def netsuite_side() -> dict[str, list[dict[str, Any]]]:
    unconfirmed = by_balance(open_pushes(now()), our_names())
    off = list(OFF_BY)
    balances = []
    rows = Balance.objects.select_related("item", "location").order_by("location__code", "item__item_code")
    for balance in rows:
        moves = unconfirmed.get((balance.item_id, balance.location_id))
        waiting = sum((quantity for _, quantity in moves.waiting), Decimal(0)) if moves else Decimal(0)
        there = balance.quantity_on_hand - waiting
        if off and not waiting and there > max(map(abs, off)):
            there += off.pop(0)
        balances.append({"item": balance.item.item_code, "location": balance.location.code, "quantity": f"{there:f}"})
    items = [
        {
            "itemid": item.item_code,
            "displayname": item.description,
            "unit": item.unit,
            "average_cost": f"{item.avg_cost or 0:f}",
            "inactive": not item.is_active,
        }
        for item in Item.objects.all()
    ]
    return {
        "locations": [{"name": place.code} for place in Location.objects.all()],
        "items": items,
        "balances": balances,
    }
