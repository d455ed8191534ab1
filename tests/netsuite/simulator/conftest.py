"""The simulator on its own: asked by a client that is not ours, without a Django setting."""

from collections.abc import Iterator

import pytest

from netsuite.simulator.running import Running, running_simulator
from tests.netsuite.simulator_client import ForeignClient

STRICT_SEED = {
    "locations": [{"id": "5", "name": "MAIN"}, {"id": "6", "name": "CLOSED", "inactive": True}],
    "items": [
        {"id": "101", "itemid": "000123", "average_cost": "2.50"},
        {"id": "102", "itemid": "OLD", "inactive": True},
        {"id": "103", "itemid": "LOT", "lot": True},
        {"id": "104", "itemid": "SERVICE", "itemtype": "NonInvtPart"},
        {"id": "105", "itemid": "OTHERSUB", "subsidiary": "9"},
    ],
    "subsidiaries": [{"id": "9", "name": "Elsewhere"}],
    "periods": [{"date": "2026-01-15", "closed": True}],
    "balances": [{"item": "000123", "location": "MAIN", "quantity": "40"}],
}


@pytest.fixture(scope="session")
def strict_process() -> Iterator[Running]:
    with running_simulator(strict=True) as running:
        yield running


@pytest.fixture
def simulator(simulator_process: Running) -> Running:
    """An empty account that creates what it does not know."""
    simulator_process.control.reset()
    return simulator_process


@pytest.fixture
def strict(strict_process: Running) -> Running:
    """An account that refuses what it does not know."""
    strict_process.control.reset()
    strict_process.control.seed(**STRICT_SEED)
    return strict_process


@pytest.fixture
def client(simulator: Running) -> ForeignClient:
    return ForeignClient(simulator.base_url)
