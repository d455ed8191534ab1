"""A place whose stock is kept in Excel, and a day of selling there."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.clock import at
from inventory.models import Authority, Balance, Item
from inventory.orders.closing import fulfil_order
from tests import factories as make
from tests.orders import selling

NEW_YORK = ZoneInfo("America/New_York")


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK)


class Shop:
    """One zone, and items kept in Excel."""

    def __init__(self) -> None:
        self.home: Any = make.zone("A")

    @property
    def location(self) -> Any:
        return self.home.location

    def keeps(self, code: str, on_hand: Any, **fields: Any) -> Item:
        """An item whose quantity Excel decides."""
        with at(local(10, 1, 9)):
            item = make.stock(on_hand, home=self.home, code=code, **fields)
        Balance.objects.filter(item=item).update(authority=Authority.EXCEL)
        return item

    def sells(self, when: datetime, *wanted: tuple[Item, Any]) -> Any:
        """An order placed and shipped in one moment."""
        with at(when):
            order = selling.place(self.home, *wanted).order
            fulfil_order(order=order, by=None)
        return order


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()
