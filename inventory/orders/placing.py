"""Placing an order: its stock is promised, all of it or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from approvals.clock import now
from approvals.refusals import Refused
from approvals.set_based import insert_rows
from inventory.models import Location, Order, OrderLine
from inventory.orders.authority import decided_by_excel
from inventory.orders.excel_has_more import what_excel_says
from inventory.orders.freshness import bring_up_to_date
from inventory.orders.lines import NewLine, WantedLine, Wish, new_lines
from inventory.orders.recording import lock_order, record
from inventory.stock.reservations import Short, reserve


@dataclass(frozen=True)
class Placed:
    """`is_new`: the order did not exist before. `added` counts the lines promised by this very call."""

    order: Order
    is_new: bool
    added: int


def place_order(
    *,
    order_id: str,
    location: Location,
    lines: Sequence[WantedLine],
    customer: str = "",
    by: Any | None,
    source: str = "api",
) -> Placed:
    """Promise the lines' stock. The same content again changes nothing; new lines join an open order.

    Where Excel decides, a newer workbook is asked for first when ours is stale or says too little.
    Raises Conflicting for what is known to be different, Refused with every problem at once; nothing is stored then.
    """
    wish = Wish(order_id.strip(), location, tuple(lines), customer.strip())
    wanted = new_lines(wish, Order.objects.select_related("location").filter(order_id=wish.order_id).first())
    portions = [line.portion for line in wanted]
    warnings = bring_up_to_date(portions, location=location, by=by)
    try:
        return _place(wish, warnings, by, source)
    except Short as refusal:
        raise Refused([*refusal.problems, *_about_excel(refusal, location, warnings)]) from refusal


def _about_excel(refusal: Short, location: Location, warnings: list[str]) -> list[str]:
    """What the workbook has to do with it; nothing when Excel decides none of the short items."""
    if not decided_by_excel((shortage.item_id for shortage in refusal.shortages), location=location):
        return []
    return [*what_excel_says(refusal.shortages, location=location), *warnings]


def _place(wish: Wish, warnings: list[str], by: Any | None, source: str) -> Placed:
    with transaction.atomic():
        given = {"location": wish.location, "customer": wish.customer, "placed_by": by, "placed_at": now()}
        found, is_new = Order.objects.get_or_create(order_id=wish.order_id, defaults=given)
        order = found if is_new else lock_order(found)
        wanted = new_lines(wish, order)
        if not wanted:
            return Placed(order, False, 0)
        reserve([line.portion for line in wanted], location=wish.location)
        _store(order, wanted)
        if fresh := [warning for warning in warnings if warning not in order.warnings]:
            order.warnings = [*order.warnings, *fresh]
            order.save(update_fields=["warnings"])
        said = [
            {"line_id": line.line_id, "item_code": line.item_code, "quantity": str(line.quantity)} for line in wanted
        ]
        record(order, "order.placed", said, by=by, customer=order.customer, source=source, warnings=warnings)
        return Placed(order, is_new, len(wanted))


def _store(order: Order, wanted: list[NewLine]) -> None:
    columns = ["order", "line_id", "item", "quantity", "fulfilled", "cancelled"]
    insert_rows(OrderLine, columns, [(order.pk, line.line_id, line.item_id, line.quantity, 0, 0) for line in wanted])
