"""A wave begun, switched to the WMS though its gates are closed, and switched back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from approvals.models import ProposedAction
from approvals.money import dollars
from approvals.refusals import Refused
from approvals.templatetags.figures import signed
from inventory.demo.deciding import give, refusal_to
from inventory.demo.telling import Telling
from inventory.demo.wms_books import fed_at, held_at, on_hand_at
from inventory.demo.wms_speaking import DemoWms
from inventory.models import Authority, Balance, WmsRollout
from inventory.wms.rollout import start_rollout
from inventory.wms.rollout_switch import switch_back, switch_live

BEGUN_BECAUSE = "The items that matter most come first; the rest stays with the counts"
DESPITE_GATES = "A demonstration has no days in shadow behind it"
BACK_BECAUSE = "Somebody has to look at that shelf before the WMS decides again"


@dataclass
class WmsSwitching:
    telling: Telling
    people: Mapping[str, Any]
    wms: DemoWms
    wave: WmsRollout = field(init=False)

    def begin(self, abc_class: str) -> None:
        client = self.wms.client
        balances = Balance.objects.filter(location=client.location, item__abc_class=abc_class)
        self.wave = start_rollout(
            name=f"Class {abc_class}", client=client, balances=balances, chosen=f"ABC class {abc_class}",
            by=self.people["approver"], reason=BEGUN_BECAUSE,
        )  # fmt: skip
        self.telling.say(
            f"{client} speaks for {client.location.code}. The wave “{self.wave}” is to give it {len(self._codes())} of "
            f"the {len(held_at(client))} items there; so far counts decide them all."
        )

    def live(self, before: Mapping[str, Decimal], words: Mapping[str, Decimal]) -> None:
        """By item code: what was on hand before the WMS spoke, and what it said last."""
        self.telling.chapter("The wave goes live")
        approver = self.people["approver"]
        self._closed_gates()
        switched = switch_live(rollout=self.wave, by=approver, reason=DESPITE_GATES, despite_gates=True)
        self.telling.say(f"approver, who may, switches it despite that: {DESPITE_GATES}.")
        if switched.asked:
            self._second_person(switched.asked)
        self.wave.refresh_from_db()
        self._switched(before, words)

    def _closed_gates(self) -> None:
        try:
            switch_live(rollout=self.wave, by=self.people["approver"], reason=DESPITE_GATES)
        except Refused as refusal:
            for sentence in refusal.problems:
                self.telling.say(f"Refused. {sentence}")
        self.wave.refresh_from_db()
        self.telling.check("the gates keep the wave in shadow", holds=self.wave.stage == self.wave.Stage.SHADOW)

    def _second_person(self, asked: ProposedAction) -> None:
        value = dollars(Decimal(asked.payload["gross_value"]))
        self.telling.say(f"It changes {value}, so a second person must sign.")
        self.telling.say(f"approver tries to sign too: “{refusal_to(asked, self.people['approver'])}”")
        self.wave.refresh_from_db()
        self.telling.check("who asked cannot sign", holds=self.wave.stage == self.wave.Stage.SHADOW)
        give(asked, {asked.pk: "approved"}, by=self.people["second"], via="command")
        self.telling.say("second signs.")

    def _switched(self, before: Mapping[str, Decimal], words: Mapping[str, Decimal]) -> None:
        mine, after = self._codes(), on_hand_at(self.wms.client)
        self.telling.check(
            f"on hand of the {len(mine)} items is the WMS's word", holds=all(after[sku] == words[sku] for sku in mine)
        )
        rest = before.keys() - mine
        self.telling.check(
            f"on hand of the other {len(rest)} is as it was", holds=all(after[sku] == before[sku] for sku in rest)
        )
        changes = [words[sku] - before[sku] for sku in mine if words[sku] != before[sku]]
        number, units = fed_at(self.wms.client)
        self.telling.check(
            f"{number} movements of {signed(units)} units in all stand for it",
            holds=(number, units) == (len(changes), sum(changes, Decimal(0))),
        )
        step = self.wave.steps.get(after=self.wave.Stage.LIVE)
        self.telling.check(
            f"the override is on record, by {step.by}, signed by {step.confirmed_by or 'nobody else'}",
            holds=step.is_override and step.by == self.people["approver"] and step.reason == DESPITE_GATES,
        )

    def back(self) -> None:
        self.telling.chapter("Switched back")
        client, held = self.wms.client, held_at(self.wms.client)
        returned = switch_back(rollout=self.wave, by=self.people["approver"], reason=BACK_BECAUSE)
        self.telling.say(f"approver switches the wave back: {BACK_BECAUSE}.")
        decided = Balance.objects.filter(location=client.location, authority=Authority.COUNT).count()
        self.telling.check(
            f"counts decide {returned} items again, as the other {len(held) - returned}",
            holds=returned == len(self._codes()) and decided == len(held),
        )
        sku = min(self._codes())
        result = self.wms.say(sku, held[sku][0] + 1)["result"]
        self.telling.say(f"The WMS goes on speaking of {sku}: {result}.")
        self.telling.check(
            f"nothing is lost: on hand and promises of {len(held)} items stay, and the WMS's word is compared",
            holds=held_at(client) == held and result == "compared",
        )

    def _codes(self) -> set[str]:
        return set(self.wave.members.values_list("balance__item__item_code", flat=True))
