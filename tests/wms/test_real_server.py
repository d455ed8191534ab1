"""What only real HTTP shows: orders and a snapshot in one moment, and bodies and headers no test client would send."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import requests

from approvals.clock import now
from approvals.models import EditToken
from approvals.outbox.signing import new_secret
from inventory.models import Balance, OversellIncident
from inventory.wms.clients import retire_key
from tests import factories as make
from tests.inventory.test_dashboard import dashboard
from tests.orders.selling import assert_books_agree
from tests.wms.sending import Wms, fed_stock, new_key, signed, stored
from tests.wms.test_screens import address, signed_in, text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("wms_http")]
BUYERS, TURNS = 3, 5
TEN_MEGABYTES = 10 * 1024 * 1024


def posted(house: str, wms: Wms, body: bytes, **headers: Any) -> requests.Response:
    sent = {"X-WMS-Client": wms.client.wms_id, "Content-Type": "application/json", **signed(body, wms.secret)}
    return requests.post(f"{house}/api/inventory/sync", body, headers={**sent, **headers}, timeout=60)


def test_buyers_of_the_last_unit_while_a_snapshot_says_it_is_gone(house):
    """Sold once at most; if it was sold, the shortfall is told of, and everyone who opens the dashboard sees it."""
    token = EditToken.issue(user=make.user("", "order desk"), label="shop")[1]
    sold = 0
    with ThreadPoolExecutor(BUYERS + 1) as sides:
        for turn in range(TURNS):
            home = make.zone(location=f"L{turn}")
            wms, what = Wms(home), fed_stock(1, home=home, code=f"LAST-{turn}")
            start = Barrier(BUYERS + 1)

            def buy(buyer: int, turn: int = turn, start: Barrier = start) -> int:
                line = {"line_id": "1", "item_code": f"LAST-{turn}", "quantity": 1}
                order = {"order_id": f"SO-{turn}-{buyer}", "location": f"L{turn}", "lines": [line]}
                start.wait(timeout=60)
                return requests.post(
                    f"{house}/api/orders", json=order, headers={"X-Edit-Token": token}, timeout=60
                ).status_code

            def tell(wms: Wms = wms, code: str = what.item_code, start: Barrier = start) -> int:
                body = json.dumps({"schema_version": "1", "updates": [wms.update(1, code, 0)]}).encode()
                start.wait(timeout=60)
                return posted(house, wms, body).status_code

            buying = [sides.submit(buy, buyer) for buyer in range(BUYERS)]
            told = sides.submit(tell).result()
            answers = sorted(side.result() for side in buying)
            assert told == 200
            assert answers in ([422] * BUYERS, [201] + [422] * (BUYERS - 1))
            promised = answers.count(201)
            balance = Balance.objects.get(item=what)
            assert (balance.quantity_on_hand, balance.quantity_reserved) == (0, promised)
            assert OversellIncident.objects.filter(item=what, closed_at=None).count() == promised
            sold += promised
    assert_books_agree()
    assert_all_see(sold)


def assert_all_see(sold: int) -> None:
    shown, page = dashboard("approver"), address("oversellincident") + "?standing=open"
    if sold:
        assert f"{sold} item{'s are' if sold > 1 else ' is'} promised to orders beyond what the warehouse has" in shown
        assert "each short" in shown
        assert text_of(signed_in("approver").get(page)).count("LAST-") >= sold
    else:
        assert "beyond what the warehouse has" not in shown


def test_a_snapshot_below_what_is_promised_is_on_the_dashboard_until_it_is_over(house):
    token = EditToken.issue(user=make.user("", "order desk"), label="shop")[1]
    home = make.zone()
    wms, what = Wms(home), fed_stock(10, home=home, code="LAST-1")
    line = {"line_id": "1", "item_code": "LAST-1", "quantity": 8}
    order = {"order_id": "SO-1", "location": "MAIN", "lines": [line]}
    shop = {"X-Edit-Token": token}
    assert requests.post(f"{house}/api/orders", json=order, headers=shop, timeout=60).status_code == 201
    for sequence, quantity, is_short in ((1, 5, True), (2, 8, False), (3, 7, True)):
        body = json.dumps({"schema_version": "1", "updates": [wms.update(sequence, what, quantity)]}).encode()
        assert posted(house, wms, body).json()["results"][0]["result"] == "applied"
        assert ("LAST-1 at MAIN" in dashboard("approver")) == is_short
        line["line_id"] = "2"
        again = requests.post(f"{house}/api/orders", json={**order, "order_id": "SO-2"}, headers=shop, timeout=60)
        assert again.status_code == 422, "nothing that is not there is sold"


@pytest.fixture
def sound(house: str) -> Iterator[tuple[str, Wms, bytes]]:
    """A message that would be taken; after the test nothing was, and the server still takes it."""
    home = make.zone()
    wms = Wms(home)
    body = json.dumps({"schema_version": 1, "updates": [wms.update(1, fed_stock(100, home=home), 90)]}).encode()
    before = stored()
    yield house, wms, body
    assert stored() == before
    assert posted(house, wms, body).status_code == 200


def test_the_list_of_refusals_over_http(sound):
    house, wms, body = sound
    old = signed(body, wms.secret, at=now() - timedelta(minutes=6))
    cases: list[tuple[int, bytes, dict[str, Any]]] = [
        (401, body.replace(b"90", b"91"), signed(body, wms.secret)),
        (401, body, old),
        (401, body, signed(body, new_secret())),
        (401, body, {"webhook-id": "another"}),
        (401, body, {"webhook-signature": None}),
        (401, body, {"webhook-timestamp": None}),
        (401, body, {"webhook-id": None}),
        (401, body, {"X-WMS-Client": None}),
        (401, body, {"X-WMS-Client": "nobody"}),
        (400, body[:-1], signed(body[:-1], wms.secret)),
    ]
    for status, sent, headers in cases:
        answer = posted(house, wms, sent, **headers)
        assert (answer.status_code, list(answer.json())) == (status, ["problems"]), (headers, answer.text)


def test_a_retired_key_opens_nothing(sound):
    house, wms, body = sound
    old, wms.secret = wms.secret, new_key(wms.client)
    retire_key(key=wms.client.keys.order_by("pk")[0], by=make.user("", "integrator"))
    assert posted(house, wms, body, **signed(body, old)).status_code == 401


def test_an_id_used_again_for_another_body_is_refused(house):
    home = make.zone()
    wms, what = Wms(home), fed_stock(100, home=home)
    one, other = (json.dumps({"schema_version": 1, "updates": [wms.update(n, what, 90 + n)]}).encode() for n in (1, 2))
    first = posted(house, wms, one, **signed(one, wms.secret, message_id="msg_1"))
    before = stored()
    again = posted(house, wms, one, **signed(one, wms.secret, message_id="msg_1"))
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert posted(house, wms, other, **signed(other, wms.secret, message_id="msg_1")).status_code == 409
    assert stored() == before


@pytest.mark.parametrize("who", ["known", "stranger"])
def test_ten_megabytes_are_refused_and_the_sender_is_told(sound, who):
    house, wms, _ = sound
    body = b" " * TEN_MEGABYTES
    headers = {} if who == "known" else {"X-WMS-Client": "nobody"}
    answer = posted(house, wms, body, **headers)
    assert answer.status_code == 413
    assert "too long" in answer.json()["problems"][0]


def test_a_body_of_unknown_length_is_read_no_further_than_allowed(sound):
    """In chunks, without a Content-Length."""
    house, wms, _ = sound
    chunks = (b" " * 65_536 for _ in range(160))
    headers = {"X-WMS-Client": wms.client.wms_id, **signed(b"", wms.secret)}
    answer = requests.post(f"{house}/api/inventory/sync", data=chunks, headers=headers, timeout=60)
    assert answer.status_code in {400, 401, 411, 413}, answer.text


def test_of_a_sender_that_hangs_up_in_the_middle_nothing_is_taken(sound):
    """Although all that is signed has come: it said that there is more."""
    house, wms, body = sound
    headers = {"X-WMS-Client": wms.client.wms_id, "Content-Type": "application/json", **signed(body, wms.secret)}
    host, _, port = house.removeprefix("http://").partition(":")
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /api/inventory/sync HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body) + 100}", *lines, "", ""]
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall("\r\n".join(head).encode() + body)
        line.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: line.recv(65_536), b"")).decode()
    assert answer.startswith("HTTP/1.1 400 ")
    assert "The body broke off" in answer
