"""Everything that is known of one order, for one page."""

from typing import Any

from django.http import HttpRequest

from approvals.models import AuditEntry
from inventory.admin.counting.pages import page_of_rows
from inventory.admin.orders.access import may_process
from inventory.models import Balance, ExcelUpdate, Order

UPDATES_SHOWN = 50
WORDS = {"order.placed": "Placed", "order.fulfilled": "Fulfilled", "order.cancelled": "Cancelled"}


def story_of(order: Order, request: HttpRequest) -> dict[str, Any]:
    shown = page_of_rows(request, order.lines.select_related("item").order_by("pk"))
    waits = order.status == Order.Status.OPEN
    sees_stock = waits and request.user.has_perm("inventory.view_balance")
    available = _available(order, [line.item_id for line in shown]) if sees_stock else {}
    return {
        "order": order,
        "shown": shown,
        "lines": [(line, available.get(line.item_id)) for line in shown],
        "sees_available": sees_stock,
        "may_act": waits and may_process(request),
        "updates": _updates(order) if request.user.has_perm("inventory.view_excelupdate") else [],
        "happened": _happened(order),
    }


def _available(order: Order, item_ids: list[int]) -> dict[int, Any]:
    rows = Balance.objects.filter(location=order.location, item__any_of=item_ids).order_by()
    return dict(rows.values_list("item_id", "quantity_available"))


def _updates(order: Order) -> list[ExcelUpdate]:
    rows = ExcelUpdate.objects.filter(order_line__order=order).select_related("item", "entered_by")
    return list(rows.order_by("-pk")[:UPDATES_SHOWN])


def _happened(order: Order) -> list[tuple[str, AuditEntry]]:
    entries = AuditEntry.objects.filter(entity_ref=f"order:{order.pk}").order_by("-number")
    return [(WORDS.get(entry.verb, entry.verb), entry) for entry in entries]
