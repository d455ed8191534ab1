"""The third act: a WMS compared in shadow, given the say, contradicted, and taken back; what NetSuite heard of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.demo.command_figures import figures_of
from inventory.demo.delivered import tell_delivery
from inventory.demo.delivery import DemoNetSuite
from inventory.demo.telling import Telling
from inventory.demo.warehouse_system import demo_key
from inventory.demo.wms_live import WmsLive
from inventory.demo.wms_shadow import WmsShadow
from inventory.demo.wms_speaking import DemoWms
from inventory.demo.wms_switching import WmsSwitching
from inventory.models import Item, WmsClient
from netsuite.models import Push

UPDATES = 600


@dataclass
class ThirdAct:
    telling: Telling
    people: Mapping[str, Any]

    def tell(self, netsuite: DemoNetSuite, house: str) -> None:
        """`house` is where our own web answers."""
        pushed = set(Push.objects.values_list("pk", flat=True))
        wms = DemoWms(*demo_key(), house)
        stated = self._feed(wms)
        self._netsuite(netsuite, pushed, stated)
        self._proof(wms.client)

    def _feed(self, wms: DemoWms) -> int | None:
        """The id of the sync of what a person stated."""
        self.telling.chapter("A warehouse system, in shadow")
        shadow, switching = WmsShadow(self.telling, wms), WmsSwitching(self.telling, self.people, wms)
        switching.begin(Item.AbcClass.A)
        shadow.day(UPDATES)
        shadow.reconciliation()
        switching.live(shadow.before, shadow.words)
        live = WmsLive(self.telling, self.people, wms)
        live.tell(switching.wave)
        switching.back()
        return live.stated

    def _netsuite(self, netsuite: DemoNetSuite, known: set[int], stated: int | None) -> None:
        self.telling.chapter("What NetSuite hears of it")
        new = Push.objects.exclude(pk__in=known).order_by("pk")
        self.telling.check(
            "of the feed nothing; the one new push is what a person stated",
            holds=list(new.values_list("adjustment__run__sync", flat=True)) == [stated],
        )
        tell_delivery(self.telling, netsuite, new)

    def _proof(self, client: WmsClient) -> None:
        self.telling.chapter("Proof")
        rebuilt = figures_of("replay_wms", "--client", client.wms_id, "--verify")
        self.telling.check("rebuilt from every message, the feed's ledger is the one that is kept", holds=rebuilt["ok"])
