"""While the WMS has the say: an update and its event, more promised than there is, and a person who found more."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any

from django.core.management import call_command

from approvals.models import Alert, Event
from approvals.outbox.subscriptions import create_subscription
from approvals.templatetags.figures import quantity
from inventory.checking.reconciling import reconcile
from inventory.demo.event_receiver import demo_receiver
from inventory.demo.telling import Telling
from inventory.demo.wms_speaking import DemoWms
from inventory.models import Balance, Movement, OversellIncident, WmsDispute, WmsRollout
from inventory.orders.lines import WantedLine
from inventory.orders.placing import place_order

EVENT, ORDER = "inventory.adjusted", "WEB-31001"
PICKED, FEWER, FOUND = Decimal(4), Decimal(3), Decimal(2)
FOUND_BECAUSE = "Counted twice; a carton stood behind the rack"
ENOUGH = 20  # units, for each of these to be possible


@dataclass
class WmsLive:
    """`stated` is the sync of what a person stated."""

    telling: Telling
    people: Mapping[str, Any]
    wms: DemoWms
    wave: WmsRollout
    stated: int | None = None

    def tell(self) -> None:
        """The cheapest items, so that what a person states needs no second one."""
        rows = Balance.objects.filter(wms_rollouts__rollout=self.wave, quantity_on_hand__gte=ENOUGH)
        told, promised, disputed = rows.order_by("item__avg_cost", "item__item_code")[:3]
        self._event(told)
        self._oversell(promised)
        self._dispute(disputed)

    def _event(self, balance: Balance) -> None:
        self.telling.chapter("An update, and who is told of it")
        sku = balance.item.item_code
        with demo_receiver() as (url, received):
            _, secret = create_subscription(name="demo-shop", url=url, event_names=[EVENT], by=self.people["admin"])
            result = self.wms.say(sku, balance.quantity_on_hand - PICKED)
            self._applied(balance, result)
            out = StringIO()
            call_command("deliver_events", "--json", stdout=out)
        delivered = json.loads(out.getvalue())["delivered"]
        self.telling.check("one event was delivered", holds=(delivered, len(received)) == (1, 1))
        message = received[0]
        self.telling.check("its signature is that of the subscriber's secret", holds=message.is_signed_with(secret))
        data = message.event["data"]
        moved = Movement.objects.filter(item=balance.item, kind=Movement.Kind.FEED).order_by("-pk")[0]
        self.telling.say(f"It says {data['item_code']} {data['delta']}, {data['on_hand']} on hand.")
        event = Event.objects.get(uid=message.headers["webhook-id"])
        self.telling.check(
            "it says what the ledger says",
            holds=(Decimal(data["delta"]), Decimal(data["on_hand"])) == (moved.delta, balance.quantity_on_hand)
            and event.payload == data,
        )

    def _applied(self, balance: Balance, result: Mapping[str, Any]) -> None:
        before = balance.quantity_on_hand
        balance.refresh_from_db()
        self.telling.say(f"{balance.item.item_code}: the WMS says {quantity(before - PICKED)}. {_became(result)}")
        self.telling.check(
            f"on hand went from {quantity(before)} to {quantity(balance.quantity_on_hand)}",
            holds=balance.quantity_on_hand == before - PICKED and result["result"] == "applied",
        )

    def _oversell(self, balance: Balance) -> None:
        self.telling.chapter("More promised than there is")
        item, had = balance.item, balance.quantity_on_hand
        place_order(
            order_id=ORDER, location=balance.location, lines=[WantedLine("1", item.item_code, had)],
            by=self.people["orders"], source="demo",
        )  # fmt: skip
        self.telling.say(f"Order {ORDER} holds all {quantity(had)} {item.item_code}. Now the WMS says {had - FEWER:f}.")
        self.wms.say(item.item_code, had - FEWER)
        balance.refresh_from_db()
        self.telling.say(Alert.objects.get(key=f"oversell-{balance.location_id}", resolved_at=None).message)
        incidents = OversellIncident.objects.filter(location=balance.location, closed_at=None)
        short = list(incidents.values_list("item", "shortfall"))
        self.telling.check(f"one incident is open, of {quantity(FEWER)}", holds=short == [(item.pk, FEWER)])
        self.telling.check(
            f"on hand is the WMS's {quantity(balance.quantity_on_hand)}, not less, and the order keeps its promise",
            holds=(balance.quantity_on_hand, balance.quantity_reserved) == (had - FEWER, had),
        )

    def _dispute(self, balance: Balance) -> None:
        self.telling.chapter("A dispute")
        item, theirs = balance.item, balance.quantity_on_hand
        found = theirs + FOUND
        line = reconcile(
            item=item, location=balance.location, quantity=found, reason=FOUND_BECAUSE, by=self.people["approver"]
        )
        self.stated = line.sync_id
        self.telling.say(f"approver states {quantity(found)} {item.item_code}: {FOUND_BECAUSE}.")
        result = self.wms.say(item.item_code, theirs)
        self.telling.say(f"The WMS says {quantity(theirs)} again. {_became(result)}")
        balance.refresh_from_db()
        self.telling.check(
            f"on hand stays the {quantity(found)} that a person found",
            holds=balance.quantity_on_hand == found and result["result"] == "compared",
        )
        sides = WmsDispute.objects.filter(closed_at=None).values_list("item", "quantity", "wms_on_hand")
        self.telling.check("the dispute is open, with both figures", holds=list(sides) == [(item.pk, found, theirs)])


def _became(result: Mapping[str, Any]) -> str:
    return f"It is {result['result']}" + (f": {result['reason']}" if result["reason"] else ".")
