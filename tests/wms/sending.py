"""A warehouse system as the tests play it: it signs by the standard's text, with none of our code."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count as counter
from typing import Any

from django.test import Client

from approvals.clock import now
from inventory.models import Authority, Balance, Item, Movement, WmsClient, WmsMessage, WmsUpdate
from inventory.wms.clients import issue_key
from tests import factories as make

_numbers = counter(1)


class Wms:
    """One that speaks for a zone's location, with a valid key and a long allowance."""

    def __init__(self, home: Any, wms_id: str = "", **limits: Any) -> None:
        self.client = WmsClient.objects.create(
            wms_id=wms_id or f"wms-{next(_numbers)}", location=home.location, **{"updates_per_minute": 10**8, **limits}
        )
        self.secret = new_key(self.client)
        self.browser = Client()

    def update(self, sequence: Any, item: Item | str, quantity: Any, **more: Any) -> dict[str, Any]:
        return {
            "wms_id": self.client.wms_id,
            "sequence": sequence,
            "sku": item if isinstance(item, str) else item.item_code,
            "quantity": quantity,
            "status": "available",
            "received_at": now().isoformat(),
            **more,
        }

    def send(self, *updates: Any, version: Any = "1", message_id: str = "", **more: Any) -> Any:
        """The answer as HTTP gave it."""
        body = json.dumps({"schema_version": version, "updates": list(updates)}).encode()
        return self.post(body, message_id=message_id, **more)

    def post(self, body: bytes, *, headers: dict[str, str] | None = None, **signing: Any) -> Any:
        sent = {"X-WMS-Client": self.client.wms_id, **signed(body, self.secret, **signing), **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        return self.browser.post("/api/inventory/sync", body, content_type="application/json", headers=sent)

    def told(self, *updates: Any, **more: Any) -> list[str]:
        """What became of each."""
        answer = self.send(*updates, **more)
        assert answer.status_code == 200, answer.content
        return [result["result"] for result in answer.json()["results"]]


def signed(body: bytes, secret: str, *, message_id: str = "", at: datetime | None = None) -> dict[str, str]:
    message_id = message_id or f"msg_{next(_numbers)}"
    seconds = str(int((at or now()).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b".".join([message_id.encode(), seconds.encode(), body]), hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": signature}


def new_key(client: WmsClient, label: str = "test") -> str:
    return issue_key(client=client, label=label, by=make.user("", "integrator"))[1]


def by_wms(home: Any, *items: Item) -> None:
    """The WMS decides how many of these there are."""
    Balance.objects.filter(location=home.location, item__in=items).update(authority=Authority.WMS)


def fed_stock(on_hand: Any, *, home: Any, **more: Any) -> Item:
    what = make.stock(on_hand, home=home, **more)
    by_wms(home, what)
    return what


def stored() -> tuple[int, ...]:
    """What a refusal must leave as it was."""
    return WmsMessage.objects.count(), WmsUpdate.objects.count(), Movement.objects.count()


def stream(items: Sequence[Item], wms: Wms, length: int, quantity: Any) -> list[dict[str, Any]]:
    """Updates 1 to `length`, one a second; `quantity` is a function of the sequence."""
    begun = now() - timedelta(hours=6)
    return [
        wms.update(n, items[n % len(items)], quantity(n), received_at=(begun + timedelta(seconds=n)).isoformat())
        for n in range(1, length + 1)
    ]


def state_hash(home: Any) -> str:
    """Of what is on hand, item by item."""
    rows = Balance.objects.filter(location=home.location).order_by("item__item_code")
    said = [f"{code}={on_hand:f}" for code, on_hand in rows.values_list("item__item_code", "quantity_on_hand")]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def in_messages(updates: Iterable[Any], size: int) -> list[list[Any]]:
    rows = list(updates)
    return [rows[n : n + size] for n in range(0, len(rows), size)]
