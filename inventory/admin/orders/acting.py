"""The buttons of an order: fulfil all, fulfil some, cancel. Each is bound to the lines that its page showed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from approvals.admin.confirming import Input, Question, ask
from approvals.refusals import Refused
from approvals.templatetags.figures import quantity
from inventory.admin.counting.forms import NotAQuantity, read_quantity
from inventory.admin.orders.access import require_may_process
from inventory.admin.orders.pages import order_of, order_url, show
from inventory.models import Order, OrderLine
from inventory.orders.closing import cancel_order, fulfil_order

NAMED = 10


def waiting_lines(order: Order) -> list[OrderLine]:
    return [line for line in order.lines.select_related("item").order_by("pk") if line.reserved]


def fulfil_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_process(request)
    order = order_of(pk)
    waiting = waiting_lines(order)
    if request.method != "POST" and not waiting:
        return _nothing_waits(request, order)

    def carry_out(_: str) -> str:
        so_far = {line_id: Decimal(amount) for line_id, amount in _posted(order, request).items()}
        changed = fulfil_order(order=order, lines=so_far, by=request.user)
        return _told(changed.lines, f"of order {order} fulfilled", f"Order {order} was fulfilled so already.")

    question = Question(
        title=f"Fulfil all that waits of order {order}?",
        consequences=(
            f"These goods leave {order.location.code}: {_named(waiting)}.",
            "On hand goes down by them and the promise ends. What Excel decides is then to be entered there.",
        ),
        button="Fulfil all",
        carry_out=carry_out,
        inputs=_hidden(waiting, {line.pk: line.quantity - line.cancelled for line in waiting}),
        back=order_url(order),
    )
    return ask(request, screen, order, question)


def cancel_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_process(request)
    order = order_of(pk)
    waiting = waiting_lines(order)
    if request.method != "POST" and not waiting:
        return _nothing_waits(request, order)

    def carry_out(_: str) -> str:
        changed = cancel_order(order=order, lines=list(_posted(order, request)), by=request.user)
        return _told(changed.lines, f"of order {order} cancelled", f"Order {order} was cancelled so already.")

    question = Question(
        title=f"Cancel what waits of order {order}?",
        consequences=(
            f"The promise of {_named(waiting)} ends; it is available to others at once.",
            "What has left stays fulfilled. A cancelled line cannot be taken up again: place a new order.",
        ),
        button="Cancel the order",
        carry_out=carry_out,
        inputs=_hidden(waiting, {line.pk: line.reserved for line in waiting}),
        is_dangerous=True,
        back=order_url(order),
    )
    return ask(request, screen, order, question)


def _hidden(lines: list[OrderLine], values: dict[int, Decimal]) -> list[Input]:
    """What the page showed, so that lines which joined since are not touched, and a second click does nothing."""
    return [Input(f"line-{line.pk}", "hidden", str(values[line.pk])) for line in lines]


def _posted(order: Order, request: HttpRequest) -> dict[str, str]:
    """{line id: what the page's hidden field says} of the order's own lines."""
    said = {line.line_id: request.POST.get(f"line-{line.pk}", "") for line in order.lines.all()}
    chosen = {line_id: value for line_id, value in said.items() if value.replace(".", "", 1).isdecimal()}
    if not chosen:
        raise Refused("The page named no line. Open the order again.")
    return chosen


def _named(lines: list[OrderLine]) -> str:
    named = [f"{quantity(line.reserved)} of {line.item.item_code}" for line in lines[:NAMED]]
    more = len(lines) - NAMED
    return ", ".join([*named, f"and {more} more line{'s' if more > 1 else ''}"] if more > 0 else named)


def _told(lines: int, done: str, repeated: str) -> str:
    return f"{lines} line{'s' if lines > 1 else ''} {done}." if lines else repeated


def _nothing_waits(request: HttpRequest, order: Order) -> HttpResponse:
    messages.error(request, f"Nothing of order {order} waits any more.")
    return redirect(order_url(order))


@dataclass
class Entry:
    """One line of the form: `was` is what it showed, `typed` what is in the field now."""

    line: OrderLine
    was: str
    typed: str
    trouble: str = ""

    @property
    def most(self) -> Decimal:
        return self.line.quantity - self.line.cancelled


def fulfil_some_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_process(request)
    order = order_of(pk)
    entries = _entries(order, request)
    if request.method != "POST" and not entries:
        return _nothing_waits(request, order)
    problems: list[str] = []
    if request.method == "POST":
        try:
            changed = fulfil_order(order=order, lines=_typed(entries), by=request.user)
            told = _told(changed.lines, f"of order {order} fulfilled", f"Order {order} was fulfilled so already.")
            messages.success(request, told)
            return redirect(order_url(order))
        except Refused as refusal:
            problems = refusal.problems
    title = f"Fulfil a part of order {order}"
    return show(screen, request, "fulfil_some", title, order=order, entries=entries, problems=problems)


def _entries(order: Order, request: HttpRequest) -> list[Entry]:
    """The lines that wait; of a sent form those that it names."""
    entries = []
    for line in order.lines.select_related("item").order_by("pk"):
        now, name = f"{line.fulfilled.normalize():f}", f"line-{line.pk}"
        if name in request.POST:
            entries.append(Entry(line, request.POST.get(f"was-{line.pk}", now), request.POST[name]))
        elif line.reserved:
            entries.append(Entry(line, now, now))
    return entries


def _typed(entries: list[Entry]) -> dict[str, Decimal]:
    """The figures that were changed. Raises Refused with everything that is no figure."""
    so_far, problems = {}, []
    for entry in entries:
        if entry.typed.strip() in ("", entry.was):
            continue
        try:
            so_far[entry.line.line_id] = read_quantity(entry.typed) or Decimal(0)
        except NotAQuantity as trouble:
            entry.trouble = str(trouble)
            problems.append(f"Line {entry.line.line_id}: {trouble}")
    if problems:
        raise Refused(problems)
    if not so_far:
        raise Refused("No figure was changed. Type how many have left so far, in all.")
    return so_far
