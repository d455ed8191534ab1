"""The lines of an order as they are asked for: what is wrong with them, and which of them are new."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from approvals.refusals import Refused
from approvals.templatetags.figures import quantity
from inventory.models import Item, Location, Order, OrderLine
from inventory.stock.reservations import Portion, shortages

MOST_LINES = 500
TOO_MANY = Decimal(10) ** 10  # units
LONGEST = {"order_id": 60, "line_id": 40, "customer": 120}


class Conflicting(Refused):
    """The order, or a line of it, is known already and says something else."""


@dataclass(frozen=True)
class WantedLine:
    """`line_id` is the caller's own number, once in an order; `quantity` is in the item's unit."""

    line_id: str
    item_code: str
    quantity: Decimal


@dataclass(frozen=True)
class Wish:
    order_id: str
    location: Location
    lines: tuple[WantedLine, ...]
    customer: str = ""


@dataclass(frozen=True)
class NewLine:
    line_id: str
    item_id: int
    item_code: str
    quantity: Decimal

    @property
    def portion(self) -> Portion:
        return Portion(self.item_id, self.quantity)


def new_lines(wish: Wish, order: Order | None) -> list[NewLine]:
    """The lines `order` does not have yet; none when the wish says nothing new.

    Raises Conflicting where the order says something else, and Refused for what can never be ordered so, each with
    every problem at once. A line that is known is not looked at again: its item may be inactive by now.
    """
    known = _known_lines(order)
    unknown = [line for line in wish.lines if line.line_id not in known]
    read, problems = _read(unknown)
    problems = [*_problems_of_order(wish), *_repeated(wish.lines), *problems]
    conflicts = _conflicts(wish, order, known, bool(unknown))
    if conflicts:
        raise Conflicting([*conflicts, *problems])
    if problems:
        short = shortages((line.portion for line in read), location=wish.location)
        raise Refused([*problems, *(shortage.sentence for shortage in short)])
    return read


def _known_lines(order: Order | None) -> dict[str, OrderLine]:
    return {line.line_id: line for line in order.lines.select_related("item")} if order else {}


def _problems_of_order(wish: Wish) -> list[str]:
    problems = []
    if not wish.order_id:
        problems.append("The order has no id. Give it your own number.")
    elif "/" in wish.order_id or not wish.order_id.isprintable():
        problems.append(f"Order id “{wish.order_id[:60]}” has a slash or an unprintable sign. Use letters and digits.")
    if len(wish.order_id) > LONGEST["order_id"]:
        problems.append(f"The order id has {len(wish.order_id)} signs; at most {LONGEST['order_id']} are kept.")
    if len(wish.customer) > LONGEST["customer"]:
        problems.append(f"The customer's name has {len(wish.customer)} signs; at most {LONGEST['customer']} are kept.")
    if not wish.lines:
        problems.append("The order has no line. Add at least one item with its quantity.")
    if len(wish.lines) > MOST_LINES:
        problems.append(f"The order has {len(wish.lines)} lines; at most {MOST_LINES} are taken at once. Split it.")
    return problems


def _repeated(lines: Iterable[WantedLine]) -> list[str]:
    times = Counter(line.line_id for line in lines)
    return [f"Line {line_id} is there {n} times. Number each line once." for line_id, n in times.items() if n > 1]


def _conflicts(wish: Wish, order: Order | None, known: dict[str, OrderLine], has_new: bool) -> list[str]:
    if order is None:
        return []
    conflicts = []
    if order.location_id != wish.location.pk:
        conflicts.append(f"Order {order} is for {order.location.code}, and {wish.location.code} is said now.")
    if wish.customer and wish.customer != order.customer:
        conflicts.append(f"Order {order} is for “{order.customer}”, and “{wish.customer}” is said now.")
    for line in wish.lines:
        there = known.get(line.line_id)
        if there and (there.item.item_code, there.quantity) != (line.item_code, line.quantity):
            before = f"{quantity(there.quantity)} of {there.item.item_code}"
            conflicts.append(
                f"Line {line.line_id} of order {order} is {before} already, and {quantity(line.quantity)} of "
                f"{line.item_code} is said now. Send it as it was, or under a new id."
            )
    if has_new and order.status != Order.Status.OPEN:
        state = order.get_status_display().lower()
        conflicts.append(f"Order {order} is {state}: it takes no new lines. Place a new order for them.")
    return conflicts


def _read(lines: Sequence[WantedLine]) -> tuple[list[NewLine], list[str]]:
    """Those that can be ordered, and what is wrong with the others."""
    found = Item.objects.filter(item_code__any_of=[line.item_code for line in lines]).order_by()
    items = {item.item_code: item for item in found}
    read, problems = [], []
    for line in lines:
        item = items.get(line.item_code)
        problem = _problem(line, item)
        if item is None or problem:
            problems.append(f"Line {line.line_id}: {problem}")
        else:
            read.append(NewLine(line.line_id, item.pk, item.item_code, line.quantity))
    return read, problems


def _problem(line: WantedLine, item: Item | None) -> str:
    if not line.line_id.strip() or len(line.line_id) > LONGEST["line_id"]:
        return f"a line needs an id of 1 to {LONGEST['line_id']} signs. Number the lines."
    if item is None:
        return f"item code “{line.item_code[:60]}” is not in the catalogue. Correct the code, or add the item first."
    if not item.is_active:
        return f"item {item.item_code} is inactive and is not sold any more. Choose another."
    return quantity_problem(line.quantity, item)


def quantity_problem(asked: Decimal, item: Item) -> str:
    """What is wrong with ordering, or shipping, this much; empty when nothing is."""
    if not asked.is_finite() or asked <= 0:
        return f"{asked} of {item.item_code} is not a quantity. Order more than zero."
    return precision_problem(asked, item)


def precision_problem(asked: Decimal, item: Item) -> str:
    if asked >= TOO_MANY or asked != round(asked, 3):
        return f"{asked} of {item.item_code}: use at most three decimals and ten digits."
    if asked % 1 and not item.allows_fractions:
        return f"{quantity(asked)} of {item.item_code} is not whole, but {item.unit} comes in whole units."
    return ""
