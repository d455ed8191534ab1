"""While the WMS has the say: an update and its event, more promised than there is, and a person who found more."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from approvals.models import Alert
from approvals.outbox.subscriptions import create_subscription
from approvals.templatetags.figures import quantity, signed
from inventory.checking.reconciling import reconcile
from inventory.demo.command_figures import figures_of
from inventory.demo.event_receiver import Received, demo_receiver
from inventory.demo.telling import Telling
from inventory.demo.wms_speaking import DemoWms
from inventory.models import Balance, Movement, OversellIncident, WmsDispute, WmsRollout
from inventory.orders.lines import WantedLine
from inventory.orders.placing import place_order

EVENT, SUBSCRIBER, ORDER = "inventory.adjusted", "demo-shop", "WEB-31001"
PICKED, FEWER, FOUND = Decimal(4), Decimal(3), Decimal(2)
FOUND_BECAUSE = "Counted twice; a carton stood behind the rack"
ENOUGH = 20  # units on hand, for each of these to be possible


@dataclass
class WmsLive:
    """`stated` is the id of the sync of what a person stated."""

    telling: Telling
    people: Mapping[str, Any]
    wms: DemoWms
    stated: int | None = None

    def tell(self, wave: WmsRollout) -> None:
        rows = Balance.objects.filter(wms_rollouts__rollout=wave, quantity_on_hand__gte=ENOUGH)
        scarce, other = rows.order_by("quantity_on_hand", "pk")[:2]
        # A cheap one, so that what a person states needs no second person.
        cheap = rows.exclude(pk__in=[scarce.pk, other.pk]).order_by("item__avg_cost", "pk")[0]
        self._update(other)
        self._oversell(scarce)
        self._dispute(cheap)

    def _update(self, balance: Balance) -> None:
        self.telling.chapter("An update, and who is told of it")
        sku, before = balance.item.item_code, balance.quantity_on_hand
        with demo_receiver() as (url, received):
            _, secret = create_subscription(name=SUBSCRIBER, url=url, event_names=[EVENT], by=self.people["admin"])
            result = self.wms.say(sku, before - PICKED)
            delivered = figures_of("deliver_events")["delivered"]
        balance.refresh_from_db()
        self.telling.say(f"{sku}: the WMS says {quantity(before - PICKED)}. {_became(result)}")
        self.telling.check(
            f"on hand went from {quantity(before)} to {quantity(balance.quantity_on_hand)}",
            holds=balance.quantity_on_hand == before - PICKED and result["result"] == "applied",
        )
        self.telling.check(
            f"events that reached {SUBSCRIBER}, who listens on loopback: {len(received)}",
            holds=(delivered, len(received)) == (1, 1),
        )
        for message in received:
            self._event(message, secret, balance)

    def _event(self, message: Received, secret: str, balance: Balance) -> None:
        said, moved = message.event["data"], Movement.objects.filter(item=balance.item).order_by("-pk")[0]
        delta, on_hand = Decimal(said["delta"]), Decimal(said["on_hand"])
        self.telling.check("its signature is that of the subscriber's secret", holds=message.is_signed_with(secret))
        self.telling.check(
            f"it says {said['item_code']} {signed(delta)}, {quantity(on_hand)} on hand, as the ledger does",
            holds=(said["item_code"], delta, on_hand)
            == (balance.item.item_code, moved.delta, balance.quantity_on_hand),
        )

    def _oversell(self, balance: Balance) -> None:
        self.telling.chapter("More promised than there is")
        sku, had = balance.item.item_code, balance.quantity_on_hand
        place_order(
            order_id=ORDER, location=balance.location, lines=[WantedLine("1", sku, had)], by=self.people["orders"],
            source="demo",
        )  # fmt: skip
        self.telling.say(
            f"Order {ORDER} holds the last {quantity(had)} {sku}. Then the WMS says {quantity(had - FEWER)}."
        )
        self.wms.say(sku, had - FEWER)
        balance.refresh_from_db()
        for alert in Alert.objects.filter(key=f"oversell-{balance.location_id}", resolved_at=None):
            self.telling.say(f"Alert: {alert.message}")
        incidents = OversellIncident.objects.filter(location=balance.location, closed_at=None)
        short = list(incidents.values_list("item", "shortfall"))
        self.telling.check(
            f"incidents open: {len(short)}, {quantity(FEWER)} units short", holds=short == [(balance.item_id, FEWER)]
        )
        self.telling.check(
            f"on hand is the WMS's {quantity(balance.quantity_on_hand)}, not negative; the order keeps its promise",
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
        self.telling.say(f"The WMS repeats its {quantity(theirs)}. {_became(result)}")
        balance.refresh_from_db()
        self.telling.check(
            f"on hand stays {quantity(balance.quantity_on_hand)}, as a person found it",
            holds=balance.quantity_on_hand == found and result["result"] == "compared",
        )
        sides = list(WmsDispute.objects.filter(closed_at=None).values_list("item", "quantity", "wms_on_hand"))
        self.telling.check("the dispute is open, with both figures", holds=sides == [(item.pk, found, theirs)])


def _became(result: Mapping[str, Any]) -> str:
    return f"It is {result['result']}" + (f": {result['reason']}" if result["reason"] else ".")
