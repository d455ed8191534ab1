"""The form for a new order: rows of item code and quantity, what is available beside them, nothing lost on error."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localtime

from approvals.clock import now
from approvals.refusals import Refused
from inventory.admin.counting.forms import NotAQuantity, read_quantity
from inventory.admin.orders.access import require_may_process
from inventory.admin.orders.pages import order_url, show
from inventory.models import Balance, Item, Location
from inventory.orders.lines import MOST_LINES, WantedLine
from inventory.orders.placing import Placed, place_order

ROWS = 8
PLACE = "place"


@dataclass
class Row:
    """One line as typed, numbered from 1: its number is the line's id. What the ledger says of it stands beside."""

    number: int
    code: str
    typed: str
    trouble: str = ""
    item: Item | None = None
    balance: Balance | None = None

    @property
    def is_empty(self) -> bool:
        return not self.code and not self.typed


def new_order_page(screen: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    require_may_process(request)
    rows = _rows(request.POST)
    locations = list(Location.objects.order_by("code"))
    chosen = _chosen(request.POST.get("location", ""), locations)
    problems: list[str] = []
    if request.method == "POST" and request.POST.get("do") == PLACE:
        try:
            return _answer(request, _place(request, rows, chosen))
        except Refused as refusal:
            problems = refusal.problems
    _look_up(rows, chosen)
    return show(
        screen,
        request,
        "new_order",
        "New order",
        rows=rows,
        problems=problems,
        locations=locations,
        chosen=chosen,
        order_id=request.POST.get("order_id", "").strip() or suggested_id(),
        customer=request.POST.get("customer", ""),
        sees_available=request.user.has_perm("inventory.view_balance"),
    )


def suggested_id() -> str:
    """Today's date and a part that two people with the form open do not share: the same id would be one order."""
    return f"D-{localtime(now()):%y%m%d}-{secrets.token_hex(3).upper()}"


def _rows(posted: Mapping[str, str]) -> list[Row]:
    said = posted.get("rows", "")
    count = min(int(said), MOST_LINES) if said.isdecimal() and len(said) < 6 else ROWS
    if posted.get("do") == "more":
        count = min(count + ROWS, MOST_LINES)
    return [
        Row(n, posted.get(f"code-{n}", "").strip(), posted.get(f"quantity-{n}", "").strip())
        for n in range(1, count + 1)
    ]


def _chosen(pk: str, locations: list[Location]) -> Location | None:
    """The one that was chosen, or the only one there is."""
    if len(locations) == 1:
        return locations[0]
    return next((location for location in locations if str(location.pk) == pk), None)


def _place(request: HttpRequest, rows: list[Row], location: Location | None) -> Placed:
    """Raises Refused with every problem: what cannot be read, and what cannot be ordered."""
    wanted, problems = _read(rows)
    if location is None:
        raise Refused(["Choose the location the goods leave from.", *problems])
    if problems:
        raise Refused(problems)
    return place_order(
        order_id=request.POST.get("order_id", ""),
        location=location,
        lines=wanted,
        customer=request.POST.get("customer", ""),
        by=request.user,
        source="admin",
    )


def _read(rows: list[Row]) -> tuple[list[WantedLine], list[str]]:
    wanted, problems = [], []
    for row in rows:
        if row.is_empty:
            continue
        try:
            if not row.code:
                raise NotAQuantity(f"A quantity of {row.typed[:30]} has no item code. Write the code beside it.")
            amount = read_quantity(row.typed)
            if amount is None:
                raise NotAQuantity(f"No quantity of {row.code[:60]} is given. Type how many, or clear the row.")
            wanted.append(WantedLine(str(row.number), row.code, amount))
        except NotAQuantity as trouble:
            row.trouble = str(trouble)
            problems.append(f"Line {row.number}: {trouble}")
    return wanted, problems


def _look_up(rows: list[Row], location: Location | None) -> None:
    codes = {row.code for row in rows if row.code}
    items = {item.item_code: item for item in Item.objects.filter(item_code__any_of=codes).order_by()} if codes else {}
    found = Balance.objects.filter(location=location, item__any_of=[item.pk for item in items.values()]).order_by()
    balances = {balance.item_id: balance for balance in found} if location and items else {}
    for row in rows:
        row.item = items.get(row.code)
        row.balance = balances.get(row.item.pk) if row.item else None
        if row.code and row.item is None and not row.trouble:
            row.trouble = "No item has this code. Correct it."
        elif row.item and row.balance and _wants_too_much(row):
            row.trouble = "More than is available."


def _wants_too_much(row: Row) -> bool:
    try:
        amount = read_quantity(row.typed) or Decimal(0)
    except NotAQuantity:
        return False
    return row.balance is not None and amount > row.balance.quantity_available


def _answer(request: HttpRequest, placed: Placed) -> HttpResponse:
    order = placed.order
    if placed.is_new:
        messages.success(request, f"Order {order} is placed: its goods are promised.")
    elif placed.added:
        messages.success(request, f"{placed.added} lines joined order {order}.")
    else:
        messages.success(request, f"Order {order} was placed already, just so. Nothing was promised twice.")
    return redirect(order_url(order))
