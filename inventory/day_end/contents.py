"""What a report says, read from the rows as they are now; kept as text so that it never changes.

Quantities are in the item's unit, as digits without trailing zeros.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from approvals.business_days import business_day_of
from inventory.day_end.span import Span
from inventory.models import Balance, DayEndReport, ExcelUpdate, Location, Order


@dataclass(frozen=True)
class ToEnter:
    """One item whose sales the workbook has not been told of.

    `remaining` is what the workbook should say then, `previous` what it says if it knows of everything but the sales.
    `since` is an ISO date, "" unless some of them are from before the day. `updates` are the ids of the sales.
    """

    item_code: str
    description: str
    unit: str
    previous: str
    sold: str
    remaining: str
    since: str
    updates: list[int]


def orders_in(span: Span, location: Location) -> QuerySet[Order]:
    """Orders of which goods left, or which were fulfilled."""
    sold = ExcelUpdate.objects.filter(location=location, sold_at__gt=span.begin, sold_at__lte=span.end)
    return Order.objects.filter(location=location).filter(
        Q(pk__in=sold.values("order_line__order"))
        | Q(status=Order.Status.FULFILLED, closed_at__gt=span.begin, closed_at__lte=span.end)
    )


def to_enter(location: Location, business_date: date) -> list[ToEnter]:
    """Sorted by item code. One statement reads sales and stock: a sale in between would spoil `previous`."""
    stock = Balance.objects.filter(item=OuterRef("item"), location=OuterRef("location"))
    rows = ExcelUpdate.objects.filter(location=location, status=ExcelUpdate.Status.PENDING)
    pending: dict[int, list[Any]] = defaultdict(list)
    for update in (
        rows.select_related("item")
        .annotate(on_hand=Subquery(stock.values("quantity_on_hand")))
        .order_by("item__item_code", "pk")
    ):
        pending[update.item_id].append(update)
    return [_to_enter(updates, business_date) for updates in pending.values()]


def _to_enter(updates: list[Any], business_date: date) -> ToEnter:
    item, remaining = updates[0].item, updates[0].on_hand or Decimal(0)
    sold = sum((update.sold for update in updates), Decimal(0))
    since = business_day_of(min(update.sold_at for update in updates))
    return ToEnter(
        item_code=item.item_code,
        description=item.description,
        unit=item.unit,
        previous=digits(remaining + sold),
        sold=digits(sold),
        remaining=digits(remaining),
        since=since.isoformat() if since < business_date else "",
        updates=[update.pk for update in updates],
    )


def digits(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def frozen(rows: list[Any]) -> list[dict[str, Any]]:
    """As a report's row keeps them."""
    return [asdict(row) for row in rows]


def items_of(report: DayEndReport) -> list[ToEnter]:
    return [ToEnter(**row) for row in report.updates]
