from decimal import Decimal
from typing import Any

import pytest

from inventory.models import ExcelUpdate, Item, Order, OrderLine, Zone
from tests import factories
from tests.excel.workbooks_made import ago, kept


@pytest.fixture(autouse=True)
def static_folder(settings: Any, tmp_path: Any) -> None:
    """Made by collectstatic in real life; the middleware warns when there is none."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


@pytest.fixture
def home(db: None) -> Any:
    home = factories.zone("A")
    factories.ballast(home)
    return home


@pytest.fixture
def sold_200(db: Any) -> tuple[Item, Zone]:
    """1000 there, 200 of them sold two hours ago, and nobody has told the workbook."""
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=1)
    factories.move(what, -200, home=home, at=ago(hours=2))
    order = Order.objects.create(order_id="SO-1", location=home.location)
    line = OrderLine.objects.create(order=order, line_id="1", item=what, quantity=Decimal(200), fulfilled=Decimal(200))
    ExcelUpdate.objects.create(
        item=what, location=home.location, order_line=line, sold=Decimal(200), sold_at=ago(hours=2)
    )
    return what, home
