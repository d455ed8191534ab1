"""The simulator of the NetSuite tests, and a warehouse that both sides know."""

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Item, Location, Zone
from netsuite.simulator.running import Running
from tests import factories as make
from tests.netsuite.conftest import later, simulator, simulator_process

__all__ = ["later", "simulator", "simulator_process"]

Stocked = Callable[..., Item]


@pytest.fixture
def home(simulator: Running, db: None) -> Zone:
    """A zone of MAIN, which NetSuite calls 5."""
    made = make.zone("A")
    Location.objects.filter(pk=made.location_id).update(netsuite_id="5")
    simulator.control.seed(locations=[{"id": "5", "name": "MAIN"}])
    return Zone.objects.select_related("location").get(pk=made.pk)


@pytest.fixture
def stocked(simulator: Running, home: Zone) -> Stocked:
    """Make an item with stock here and in NetSuite: stocked("000123", 40) or stocked("000123", 40, there=38)."""
    known: list[int] = []

    def add(code: str, here: Any, *, there: Any = None, cost: Any = 10, **fields: Any) -> Item:
        known.append(1)
        number = str(1000 + len(known))
        made = make.stock(here, home=home, cost=cost, code=code, netsuite_id=number, **fields)
        simulator.control.seed(
            items=[{"id": number, "itemid": code}],
            balances=[{"item": code, "location": "MAIN", "quantity": str(here if there is None else there)}],
        )
        return made

    return add
