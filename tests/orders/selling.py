"""What the tests of orders say in one line each. Everything goes through the program's own doors."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import count as counter
from typing import Any

from inventory.models import Authority, Balance, Item, Location, OrderLine
from inventory.orders.lines import WantedLine
from inventory.orders.placing import Placed, place_order
from inventory.stock.ledger import first_wrong_balance
from inventory.stock.reservations import first_wrong_reservation

_numbers = counter(1)


def lines(*wanted: tuple[Item | str, Any]) -> list[WantedLine]:
    """Numbered from 1."""
    return [
        WantedLine(str(n), what if isinstance(what, str) else what.item_code, Decimal(str(amount)))
        for n, (what, amount) in enumerate(wanted, 1)
    ]


def place(home: Any, *wanted: tuple[Item | str, Any], order_id: str = "", **more: Any) -> Placed:
    return place_order(
        order_id=order_id or f"SO-{next(_numbers)}",
        location=home.location,
        lines=lines(*wanted),
        **{"by": None, **more},
    )


def by_excel(home: Any, *items: Item) -> None:
    """Excel decides how many of these there are."""
    Balance.objects.filter(location=home.location, item__in=items).update(authority=Authority.EXCEL)


def stock_of(what: Item, home: Any) -> tuple[Decimal, Decimal, Decimal]:
    """On hand, reserved, available."""
    row = Balance.objects.get(item=what, location=home.location)
    return row.quantity_on_hand, row.quantity_reserved, row.quantity_available


def line(order: Any, line_id: str = "1") -> OrderLine:
    return OrderLine.objects.get(order=order, line_id=line_id)


def assert_books_agree(location: Location | None = None) -> None:
    assert first_wrong_balance() is None
    assert first_wrong_reservation() is None
    assert not Balance.objects.filter(quantity_on_hand__lt=0).exists()


def sentences(refused: Any) -> Sequence[str]:
    """Of a pytest.raises; each is one."""
    problems: Sequence[str] = refused.value.problems
    assert all(problem[0].isupper() and problem.endswith(".") for problem in problems), problems
    return problems
