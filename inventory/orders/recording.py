"""What every operation on an order leaves behind: a fact for subscribers, and an entry of the audit chain."""

from collections.abc import Iterable
from typing import Any

from approvals import audit
from approvals.clock import now
from approvals.models import Event
from inventory.models import Order, OrderLine

Status = Order.Status


def lock_order(order: Order) -> Order:
    """The order as it is now. Until the transaction ends nobody else places, fulfils or cancels it."""
    return Order.objects.select_for_update(of=("self",)).select_related("location").get(pk=order.pk)


def record(order: Order, verb: str, lines: Iterable[dict[str, Any]], *, by: Any | None, **facts: Any) -> None:
    """`verb` is `order.placed`, `order.fulfilled` or `order.cancelled`; `lines` are the ones it is about."""
    details = {
        "order_id": order.order_id,
        "location": order.location.code,
        "status": order.status,
        "lines": list(lines),
        **facts,
    }
    subject = f"order:{order.pk}"
    Event.objects.create(name=verb, subject=subject, payload=details)
    audit.append(actor=by, verb=verb, entity_ref=subject, details=details)


def close_if_nothing_waits(order: Order, lines: Iterable[OrderLine]) -> None:
    """`lines` are all of the order, as they are now."""
    after = list(lines)
    if any(line.reserved for line in after):
        return
    status = Status.FULFILLED if any(line.fulfilled for line in after) else Status.CANCELLED
    if status not in Order.TRANSITIONS[Status(order.status)]:
        raise ValueError(f"Order {order} cannot go from {order.status} to {status}.")
    order.status, order.closed_at = status, now()
    order.save(update_fields=["status", "closed_at"])
