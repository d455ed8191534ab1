"""A day over a real server, several senders at once: the end is the one of the right order, sent one by one."""

import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
import requests

from inventory.models import Balance
from tests.orders.selling import assert_books_agree
from tests.wms.sending import Wms, signed, stream
from tests.wms.test_convergence import assert_every_update_counted_once, disturbed, warehouse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LENGTH = 5_000
SENDERS = 3


def send_all(address: str, wms: Wms, messages: list[list[Any]]) -> None:
    def send(message: list[Any]) -> int:
        body = json.dumps({"schema_version": "1", "updates": message}).encode()
        headers = {"X-WMS-Client": wms.client.wms_id, **signed(body, wms.secret)}
        return requests.post(f"{address}/api/inventory/sync", body, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(SENDERS) as senders:
        assert set(senders.map(send, messages)) == {200}


def test_five_thousand_updates_by_several_senders_at_once(live_server):
    draw = Random("quantities")
    quantities = [draw.randrange(200) for _ in range(LENGTH + 1)]
    home, wms, items = warehouse("WILD", 100)
    updates = stream(items, wms, LENGTH, quantities.__getitem__)
    send_all(live_server.url, wms, disturbed(updates, Random(11), 500))
    last = {update["sku"]: update["quantity"] for update in updates}
    rows = Balance.objects.filter(location=home.location).values_list("item__item_code", "quantity_on_hand")
    assert dict(rows) == last
    assert_every_update_counted_once(wms, LENGTH)
    assert_books_agree()
