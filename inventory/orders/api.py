"""Orders in: placed, fulfilled, cancelled. Every request may be sent again; a repeat is answered, not carried out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from approvals.api import REFUSED, REFUSED_BODY, Problems, Text, must, signed_in
from approvals.refusals import Refused
from inventory.models import Location, Order
from inventory.orders.closing import cancel_order, fulfil_order
from inventory.orders.lines import MOST_LINES, Conflicting, WantedLine
from inventory.orders.placing import place_order

router = Router(tags=["orders"])
PROCESS = "inventory.process_order"
OrderId = Annotated[Text, Field(min_length=1, max_length=60)]


class OrderLineIn(Schema):
    line_id: Text = Field(min_length=1, max_length=40, description="Your own number of the line, once in an order.")
    item_code: Text = Field(min_length=1, max_length=60)
    quantity: Decimal = Field(gt=0, max_digits=13, decimal_places=3, description="In the item's unit.")


class OrderIn(Schema):
    order_id: OrderId = Field(description="Your own number of the order, without a slash.")
    location: Text = Field(min_length=1, max_length=20, description="The location's code.")
    customer: Text = Field(default="", max_length=120)
    lines: list[OrderLineIn] = Field(min_length=1, max_length=MOST_LINES)


class FulfilledLineIn(Schema):
    line_id: Text = Field(min_length=1, max_length=40)
    fulfilled: Decimal = Field(ge=0, max_digits=13, decimal_places=3, description="In all, so far; not this time.")


class FulfilIn(Schema):
    lines: list[FulfilledLineIn] | None = Field(
        default=None, min_length=1, max_length=MOST_LINES, description="Left out: all that waits."
    )


class CancelIn(Schema):
    lines: list[Text] | None = Field(
        default=None, min_length=1, max_length=MOST_LINES, description="Line ids. Left out: all that waits."
    )


class OrderLineOut(Schema):
    line_id: str
    item_code: str
    quantity: Decimal
    fulfilled: Decimal
    cancelled: Decimal
    reserved: Decimal


class OrderOut(Schema):
    order_id: str
    location: str
    customer: str
    status: str
    warnings: list[str] = Field(description="What you should know, for example that the workbook is old.")
    placed_at: datetime
    closed_at: datetime | None
    lines: list[OrderLineOut]


FOUND: dict[int, Any] = {200: OrderOut, 404: Problems} | REFUSED
PLACED: dict[int, Any] = {200: OrderOut, 201: OrderOut, 409: Problems} | REFUSED_BODY
CHANGED: dict[int, Any] = FOUND | {409: Problems} | REFUSED_BODY


@router.post(
    "/orders",
    response=PLACED,
    auth=signed_in,
    summary="Place an order, or send it again",
    description="201: its stock is promised. 200: known already, nothing changed, or new lines joined it. "
    "409: known already, and different. 422: refused, nothing is promised.",
)
def place(request: HttpRequest, given: OrderIn) -> Any:
    must(request, PROCESS)
    location = Location.objects.filter(code=given.location).first()
    if location is None:
        return Status(422, {"problems": [f"location: there is no location {given.location}. Use a location's code."]})
    lines = [WantedLine(line.line_id, line.item_code, line.quantity) for line in given.lines]
    try:
        placed = place_order(
            order_id=given.order_id, location=location, lines=lines, customer=given.customer, by=request.user
        )
    except Refused as refusal:
        return _refused(refusal)
    return Status(201 if placed.is_new else 200, as_out(placed.order))


@router.get("/orders/{order_id}", response=FOUND, auth=signed_in, summary="One order")
def one_order(request: HttpRequest, order_id: OrderId) -> Any:
    must(request, "inventory.view_order")
    order = _find(order_id)
    return Status(200, as_out(order)) if order else _unknown(order_id)


@router.post(
    "/orders/{order_id}/fulfil",
    response=CHANGED,
    auth=signed_in,
    summary="Goods have left",
    description="Quantities are cumulative, so a request may be sent again.",
)
def fulfil(request: HttpRequest, order_id: OrderId, given: FulfilIn) -> Any:
    must(request, PROCESS)
    order = _find(order_id)
    if order is None:
        return _unknown(order_id)
    lines = None if given.lines is None else {line.line_id: line.fulfilled for line in given.lines}
    if given.lines and lines and len(lines) < len(given.lines):
        return Status(422, {"problems": ["lines: a line is there twice. Say each line once, with its whole figure."]})
    try:
        changed = fulfil_order(order=order, lines=lines, by=request.user)
    except Refused as refusal:
        return _refused(refusal)
    return Status(200, as_out(changed.order))


@router.post("/orders/{order_id}/cancel", response=CHANGED, auth=signed_in, summary="Let go what has not left")
def cancel(request: HttpRequest, order_id: OrderId, given: CancelIn) -> Any:
    must(request, PROCESS)
    order = _find(order_id)
    if order is None:
        return _unknown(order_id)
    try:
        changed = cancel_order(order=order, lines=given.lines, by=request.user)
    except Refused as refusal:
        return _refused(refusal)
    return Status(200, as_out(changed.order))


def _refused(refusal: Refused) -> Any:
    return Status(409 if isinstance(refusal, Conflicting) else 422, {"problems": refusal.problems})


def _find(order_id: str) -> Order | None:
    return Order.objects.select_related("location").filter(order_id=order_id).first()


def _unknown(order_id: str) -> Any:
    return Status(404, {"problems": [f"There is no order {order_id[:60]}."]})


def as_out(order: Order) -> dict[str, Any]:
    plain = {name: getattr(order, name) for name in OrderOut.model_fields if name not in {"location", "lines"}}
    lines = order.lines.select_related("item").order_by("pk")
    same = [name for name in OrderLineOut.model_fields if name != "item_code"]
    return {
        **plain,
        "location": order.location.code,
        "lines": [{"item_code": line.item.item_code} | {name: getattr(line, name) for name in same} for line in lines],
    }
