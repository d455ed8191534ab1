"""The third act: a WMS compared in shadow, reconciled, given the say, contradicted, and taken back."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db.models import Sum

from approvals.money import dollars
from approvals.refusals import Refused
from approvals.templatetags.figures import quantity, signed
from inventory.demo.deciding import give, refusal_to
from inventory.demo.delivered import tell_delivery
from inventory.demo.delivery import DemoNetSuite
from inventory.demo.house_web import demo_web
from inventory.demo.telling import Telling
from inventory.demo.warehouse_system import demo_key
from inventory.demo.wms_live import WmsLive
from inventory.demo.wms_speaking import DemoWms
from inventory.models import (
    Balance,
    Item,
    Movement,
    WmsClient,
    WmsGap,
    WmsMessage,
    WmsReconciliation,
    WmsRollout,
    WmsUpdate,
)
from inventory.wms.reconciling import summary_of
from inventory.wms.rollout import start_rollout
from inventory.wms.rollout_switch import switch_back, switch_live
from netsuite.models import Push

UPDATES, IN_A_MESSAGE, SHOWN = 600, 40, 5
CLASS_A = f"ABC class {Item.AbcClass.A.label}"
BEGUN_BECAUSE = "The fast movers first; counts go on for the rest"
DESPITE_GATES = "A demonstration: there are no days in shadow yet"
BACK_BECAUSE = "Somebody has to look why the WMS says less than there is"


def on_hand_at(client: WmsClient) -> dict[str, Decimal]:
    """By item code."""
    rows = Balance.objects.filter(location=client.location).values_list("item__item_code", "quantity_on_hand")
    return dict(rows)


@dataclass
class ThirdAct:
    """`words` is what the WMS said last, and `before` what was on hand before it spoke, by item code."""

    telling: Telling
    people: Mapping[str, Any]
    words: dict[str, Decimal] = field(default_factory=dict)
    before: dict[str, Decimal] = field(default_factory=dict)

    def tell(self, netsuite: DemoNetSuite) -> None:
        pushed = set(Push.objects.values_list("pk", flat=True))
        with demo_web() as address:
            wms = DemoWms(*demo_key(), address)
            self.before = on_hand_at(wms.client)
            wave = self._wave(wms.client)
            self._shadow(wms)
            self._reconciliation(wms.client)
            self._switch(wave)
            live = WmsLive(self.telling, self.people, wms, wave)
            live.tell()
            self._back(wave, wms)
        self._netsuite(netsuite, pushed, live)

    def _wave(self, client: WmsClient) -> WmsRollout:
        self.telling.chapter("The WMS, in shadow")
        fast = Balance.objects.filter(location=client.location, item__abc_class=Item.AbcClass.A)
        wave = start_rollout(
            name="Fast movers", client=client, balances=fast, chosen=CLASS_A, by=self.people["approver"],
            reason=BEGUN_BECAUSE,
        )  # fmt: skip
        self.telling.say(
            f"{client} speaks for {client.location.code}, {len(self.before)} items. The wave “{wave}” is to give it "
            f"{wave.members.count()} of them."
        )
        return wave

    def _shadow(self, wms: DemoWms) -> None:
        told = wms.day(updates=UPDATES, batch=IN_A_MESSAGE)
        self.words = {sku: Decimal(said) for sku, said in told["items"].items()}
        results = Counter(told["results"])
        self.telling.say(
            f"Its day over HTTP, every message signed: {told['updates']} updates in {told['messages']} messages, "
            f"{told['resent']} of them sent twice."
        )
        said = ", ".join(f"{number} {result}" for result, number in sorted(results.items()))
        self.telling.say(f"What became of them: {said}. Quarantined is what is damaged, and nobody's to sell.")
        self.telling.check("the WMS expected every answer", holds=told["wrong"] == [])
        self._stored(wms.client, results)
        gaps = WmsGap.objects.filter(client=wms.client)
        still_open = gaps.filter(closed_at=None).count()
        self.telling.check(
            f"{gaps.count()} gaps were seen, and late messages closed all", holds=bool(gaps) > still_open
        )
        untouched = on_hand_at(wms.client) == self.before and not _fed(wms.client)
        self.telling.check(
            f"in shadow nothing was applied: {results['compared']} were compared, and no movement was made",
            holds=untouched and results["compared"] > 0 == results["applied"],
        )
        checked = told["check"]
        self.telling.check(
            f"the house keeps the WMS's last word on {checked['equal']} of {len(self.words)} items",
            holds=checked["equal"] == len(self.words) and not checked["different"],
        )

    def _stored(self, client: WmsClient, results: Counter[str]) -> None:
        updates = WmsUpdate.objects.filter(client=client)
        once = Counter(updates.order_by().values_list("state", flat=True))
        repeated = results["duplicate"]
        self.telling.check(
            f"{repeated} duplicates were known; the other {once.total()} are stored once, as they were answered",
            holds=repeated > 0 and once + Counter(duplicate=repeated) == results,
        )
        versions = sorted(set(WmsMessage.objects.filter(client=client).values_list("schema_version", flat=True)))
        self.telling.check(f"schema versions {' and '.join(versions)} were read", holds=versions == ["1", "2"])

    def _reconciliation(self, client: WmsClient) -> None:
        self.telling.chapter("The daily reconciliation")
        out = StringIO()
        call_command("reconcile_wms", "--client", client.wms_id, "--json", stdout=out)
        [figures] = json.loads(out.getvalue())["reconciliations"]
        made = WmsReconciliation.objects.get(pk=figures["id"])
        self.telling.say(f"{client} on {made.business_date}: {summary_of(made)}, {dollars(made.value)} in all.")
        largest = made.differences.select_related("item").order_by("-value", "pk")[:SHOWN]
        headings = ("Item", "Here", "WMS says", "Difference", "Value")
        self.telling.table(
            headings,
            [
                (
                    row.item.item_code,
                    quantity(row.on_hand),
                    quantity(row.said),
                    signed(row.difference),
                    dollars(row.value),
                )
                for row in largest
            ],
        )
        off = {sku: said - self.before[sku] for sku, said in self.words.items() if said != self.before[sku]}
        self.telling.check(
            f"{figures['compared']} compared and {figures['differing']} different are what the WMS's own list gives",
            holds=(figures["compared"], figures["differing"]) == (len(self.words), len(off)),
        )
        units = sum(map(abs, off.values()), Decimal(0))
        self.telling.check(f"they differ by {quantity(units)} units", holds=Decimal(figures["units"]) == units)

    def _switch(self, wave: WmsRollout) -> None:
        self.telling.chapter("The wave goes live")
        approver = self.people["approver"]
        refused = ""
        try:
            switch_live(rollout=wave, by=approver, reason=DESPITE_GATES)
        except Refused as refusal:
            refused = str(refusal)
            for sentence in refusal.problems:
                self.telling.say(f"Refused. {sentence}")
        self.telling.check("without its days in shadow the wave is not switched", holds=bool(refused))
        switched = switch_live(rollout=wave, by=approver, reason=DESPITE_GATES, despite_gates=True)
        self.telling.say(f"approver switches it despite that: {DESPITE_GATES}.")
        if switched.asked:
            self._second_person(wave, switched.asked)
        self._switched(wave)

    def _second_person(self, wave: WmsRollout, asked: Any) -> None:
        value = Decimal(asked.payload["gross_value"])
        self.telling.say(f"It changes {dollars(value)}, so a second person must sign.")
        refused = refusal_to(asked, self.people["approver"])
        self.telling.say(f"approver tries to sign too: “{refused}”")
        wave.refresh_from_db()
        self.telling.check("who asked for the switch cannot sign it", holds=wave.stage == wave.Stage.SHADOW)
        give(asked, {asked.pk: "approved"}, by=self.people["second"], via="command")
        self.telling.say("second signs.")

    def _switched(self, wave: WmsRollout) -> None:
        wave.refresh_from_db()
        step, client = wave.steps.order_by("-pk")[0], wave.client
        mine = set(wave.members.values_list("balance__item__item_code", flat=True))
        after = on_hand_at(client)
        self.telling.check(
            f"on hand of the {len(mine)} items is the WMS's word",
            holds=all(after[sku] == self.words[sku] for sku in mine),
        )
        rest = self.before.keys() - mine
        self.telling.check(
            f"on hand of the other {len(rest)} is as it was", holds=all(after[sku] == self.before[sku] for sku in rest)
        )
        fed, moved = _fed(client), int(step.figures["moved"])
        changed = sum((self.words[sku] - self.before[sku] for sku in mine), Decimal(0))
        self.telling.check(
            f"{moved} movements of {signed(changed)} units stand for it, and the override is on record",
            holds=fed == (moved, changed) and step.is_override and step.reason == DESPITE_GATES,
        )

    def _back(self, wave: WmsRollout, wms: DemoWms) -> None:
        self.telling.chapter("Switched back")
        kept = _standing(wms.client)
        returned = switch_back(rollout=wave, by=self.people["approver"], reason=BACK_BECAUSE)
        self.telling.say(f"approver switches the wave back: {BACK_BECAUSE}.")
        authorities = set(
            Balance.objects.filter(location=wms.client.location).order_by().values_list("authority", flat=True)
        )
        self.telling.check(
            f"{returned} items are decided by counts again",
            holds=returned == wave.members.count() and authorities == {"count"},
        )
        sku = wave.members.order_by("pk").values_list("balance__item__item_code", flat=True)[0]
        result = wms.say(sku, on_hand_at(wms.client)[sku] + 1)
        self.telling.say(f"The WMS says {sku} once more: {result['result']}.")
        self.telling.check(
            f"nothing was lost: on hand and promises of all {len(kept)} items are as they were, and the WMS is compared",
            holds=_standing(wms.client) == kept and result["result"] == "compared",
        )

    def _netsuite(self, netsuite: DemoNetSuite, known: set[int], live: WmsLive) -> None:
        self.telling.chapter("What NetSuite was told of it")
        new = Push.objects.exclude(pk__in=known).order_by("pk")
        self.telling.check(
            "the feed itself sent nothing: the one new push is what a person stated",
            holds=list(new.values_list("adjustment__run__sync", flat=True)) == [live.stated],
        )
        tell_delivery(self.telling, netsuite, new)


def _fed(client: WmsClient) -> tuple[int, Decimal] | None:
    """How many movements of the feed, and their sum; None without any."""
    rows = Movement.objects.filter(location=client.location, kind=Movement.Kind.FEED)
    return (rows.count(), round(rows.aggregate(total=Sum("delta"))["total"], 3)) if rows else None


def _standing(client: WmsClient) -> dict[str, tuple[Decimal, Decimal]]:
    """{item code: on hand, promised}."""
    rows = Balance.objects.filter(location=client.location).order_by()
    columns = rows.values_list("item__item_code", "quantity_on_hand", "quantity_reserved")
    return {code: (on_hand, reserved) for code, on_hand, reserved in columns}
