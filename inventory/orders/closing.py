"""Fulfilling and cancelling: promised goods leave, or are let go."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.clock import now
from approvals.refusals import Refused
from approvals.set_based import update_rows
from approvals.templatetags.figures import quantity
from inventory.models import Order, OrderLine
from inventory.orders.excel_updates import note_sales
from inventory.orders.lines import Conflicting, precision_problem
from inventory.orders.recording import close_if_nothing_waits, lock_order, record
from inventory.stock.reservations import Portion, release, ship

Portions = list[tuple[OrderLine, Portion]]


@dataclass(frozen=True)
class Changed:
    """The order as it is now, and how many of its lines this very call changed: none when it was a repeat."""

    order: Order
    lines: int


def fulfil_order(*, order: Order, lines: Mapping[str, Decimal] | None = None, by: Any | None) -> Changed:
    """Goods leave. `lines` is {line id: fulfilled so far, in all}; None means all that waits.

    Figures are cumulative, so that saying the same again ships nothing more.
    Raises Refused with every problem at once, Conflicting for a cancelled order; nothing is shipped then.
    """
    with transaction.atomic():
        locked, rows = _read(order)
        wanted = {line.line_id: line.quantity - line.cancelled for line in rows.values()} if lines is None else lines
        if lines is None and locked.status == Order.Status.CANCELLED:
            raise Conflicting(f"Order {locked} is cancelled: nothing of it can be fulfilled. Place a new order.")
        leaving = _leaving(locked, rows, wanted)
        if leaving:
            portions = [portion for _, portion in leaving]
            ship(portions, location=locked.location, reference=locked.order_id, by=by, occurred_at=now())
            for line, portion in leaving:
                line.fulfilled += portion.quantity
            update_rows(OrderLine, ["fulfilled"], [(line.pk, line.fulfilled) for line, _ in leaving])
            to_enter = note_sales(leaving, location=locked.location)
            close_if_nothing_waits(locked, rows.values())
            record(locked, "order.fulfilled", _facts(leaving), by=by, to_enter_in_excel=to_enter)
        return Changed(locked, len(leaving))


def cancel_order(*, order: Order, lines: Collection[str] | None = None, by: Any | None) -> Changed:
    """What still waits is let go; what has left stays fulfilled. `lines` are line ids, None means all of them.

    Cancelling again changes nothing. Raises Refused with every problem at once, Conflicting for a fulfilled order.
    """
    with transaction.atomic():
        locked, rows = _read(order)
        if lines is None and locked.status == Order.Status.FULFILLED:
            raise Conflicting(f"Order {locked} is fulfilled: nothing of it waits. Goods that come back are a receipt.")
        chosen = list(rows) if lines is None else list(dict.fromkeys(lines))
        if problems := _not_to_cancel(locked, rows, chosen, named=lines is not None):
            raise Refused(problems)
        let_go = [(rows[line_id], Portion(rows[line_id].item_id, rows[line_id].reserved)) for line_id in chosen
                  if rows[line_id].reserved]  # fmt: skip
        if let_go:
            release([portion for _, portion in let_go], location=locked.location)
            for line, portion in let_go:
                line.cancelled += portion.quantity
            update_rows(OrderLine, ["cancelled"], [(line.pk, line.cancelled) for line, _ in let_go])
            close_if_nothing_waits(locked, rows.values())
            record(locked, "order.cancelled", _facts(let_go), by=by)
        return Changed(locked, len(let_go))


def _read(order: Order) -> tuple[Order, dict[str, OrderLine]]:
    locked = lock_order(order)
    return locked, {line.line_id: line for line in locked.lines.select_related("item")}


def _leaving(order: Order, rows: dict[str, OrderLine], wanted: Mapping[str, Decimal]) -> Portions:
    problems, leaving = [], []
    for line_id, so_far in wanted.items():
        line = rows.get(line_id)
        problem = _no_such_line(order, line_id) if line is None else _not_to_fulfil(line, so_far)
        if problem:
            problems.append(problem)
        elif line and so_far > line.fulfilled:
            leaving.append((line, Portion(line.item_id, so_far - line.fulfilled)))
    if problems:
        raise Refused(problems)
    return leaving


def _not_to_fulfil(line: OrderLine, so_far: Decimal) -> str:
    where, code = f"Line {line.line_id}", line.item.item_code
    if not so_far.is_finite() or so_far < 0:
        return f"{where}: {so_far} of {code} is not a quantity. Say how many have left so far, in all."
    if problem := precision_problem(so_far, line.item):
        return f"{where}: {problem}"
    if so_far < line.fulfilled:
        return (
            f"{where}: {quantity(line.fulfilled)} of {code} have left already, "
            f"so {quantity(so_far)} in all is too few. Goods that come back are a receipt."
        )
    most = line.quantity - line.cancelled
    if so_far > most:
        cancelled = f", {quantity(line.cancelled)} cancelled" if line.cancelled else ""
        return (
            f"{where}: {quantity(so_far)} of {code} is more than the order's {quantity(most)} "
            f"({quantity(line.quantity)} ordered{cancelled}). Correct it, or add a line for the rest."
        )
    return ""


def _not_to_cancel(order: Order, rows: dict[str, OrderLine], chosen: list[str], *, named: bool) -> list[str]:
    problems = []
    for line_id in chosen:
        line = rows.get(line_id)
        if line is None:
            problems.append(_no_such_line(order, line_id))
        elif named and line.fulfilled == line.quantity:
            amount = f"{quantity(line.quantity)} of {line.item.item_code}"
            problems.append(f"Line {line_id}: all {amount} have left already. Leave it out.")
    return problems


def _no_such_line(order: Order, line_id: str) -> str:
    return f"Order {order} has no line {line_id[:40]}. Use the line ids it was placed with."


def _facts(changed: Portions) -> list[dict[str, str]]:
    return [
        {"line_id": line.line_id, "item_code": line.item.item_code, "quantity": str(portion.quantity)}
        for line, portion in changed
    ]
