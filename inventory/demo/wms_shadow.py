"""A WMS in shadow: its day is read, kept and compared, and changes nothing; then it is reconciled."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from approvals.money import dollars
from approvals.templatetags.figures import quantity, signed
from inventory.demo.command_figures import figures_of
from inventory.demo.telling import Telling
from inventory.demo.wms_books import fed_at, on_hand_at
from inventory.demo.wms_speaking import DemoWms
from inventory.models import WmsDifference, WmsGap, WmsMessage, WmsReconciliation, WmsUpdate
from inventory.wms.reconciling import summary_of

IN_A_MESSAGE, SHOWN = 40, 5


@dataclass
class WmsShadow:
    """`before` is what was on hand before it spoke, `words` what it said last, by item code."""

    telling: Telling
    wms: DemoWms
    before: dict[str, Decimal] = field(default_factory=dict)
    words: dict[str, Decimal] = field(default_factory=dict)

    def day(self, updates: int) -> None:
        self.before = on_hand_at(self.wms.client)
        told = self.wms.day(updates=updates, batch=IN_A_MESSAGE)
        self.words = {sku: Decimal(said) for sku, said in told["items"].items()}
        results = Counter(told["results"])
        self.telling.say(
            f"Its day over HTTP, every message signed: {told['updates']} updates in {told['messages']} messages; "
            f"{told['resent']} of the messages sent twice, some late, some overtaken."
        )
        became = ", ".join(f"{number} {result}" for result, number in sorted(results.items()))
        self.telling.say(f"What became of them: {became}. Damaged goods are quarantined: nobody can sell them.")
        self.telling.check("every answer is what the WMS expected", holds=told["wrong"] == [])
        self._stored(results)
        self._refused_to_others()
        self._gaps()
        self._nothing_applied(results)
        equal = told["check"]["equal"]
        self.telling.check(
            f"the WMS's last word is known for {equal} of {len(self.words)} items",
            holds=equal == len(self.words) and told["check"]["different"] == [],
        )

    def _stored(self, results: Counter[str]) -> None:
        updates = WmsUpdate.objects.filter(client=self.wms.client)
        stored, repeated = Counter(updates.values_list("state", flat=True)), results["duplicate"]
        self.telling.check(
            f"{repeated} came twice; the other {stored.total()} are stored once, as they were answered",
            holds=repeated > 0 and stored + Counter(duplicate=repeated) == results,
        )
        versions = set(WmsMessage.objects.filter(client=self.wms.client).values_list("schema_version", flat=True))
        self.telling.check(
            f"the change of schema was followed: versions {' and '.join(sorted(versions))}",
            holds=versions == {"1", "2"},
        )

    def _refused_to_others(self) -> None:
        messages = WmsMessage.objects.count()
        self.telling.say(f"Somebody signs with another key: “{self.wms.refusal_to_a_forger(next(iter(self.words)))}”")
        self.telling.check("nothing of that is stored", holds=WmsMessage.objects.count() == messages)

    def _gaps(self) -> None:
        gaps = list(WmsGap.objects.filter(client=self.wms.client))
        came = WmsUpdate.objects.filter(client=self.wms.client).values_list("sequence", flat=True)
        sequences = sorted(sequence for sequence in came if sequence is not None)
        self.telling.check(
            f"{len(gaps)} gaps were seen and filled; of {len(sequences)} sequences none is missing",
            holds=len(gaps) > 0
            and all(gap.closed_at for gap in gaps)
            and sequences == list(range(sequences[0], sequences[0] + len(sequences))),
        )

    def _nothing_applied(self, results: Counter[str]) -> None:
        is_untouched = on_hand_at(self.wms.client) == self.before and fed_at(self.wms.client)[0] == 0
        self.telling.check(
            f"in shadow {results['compared']} are compared and none applied: on hand is as it was",
            holds=is_untouched and results["compared"] > 0 == results["applied"],
        )

    def reconciliation(self) -> None:
        self.telling.chapter("The daily reconciliation")
        client = self.wms.client
        [figures] = figures_of("reconcile_wms", "--client", client.wms_id)["reconciliations"]
        made = WmsReconciliation.objects.get(pk=figures["id"])
        self.telling.say(
            f"{client} on {made.business_date}: {summary_of(made)}, {dollars(made.value)} in all. "
            "What came and went that day was told to the WMS alone."
        )
        largest = made.differences.select_related("item").order_by("-value", "pk")[:SHOWN]
        headings = ("Item", "Here", "WMS says", "Difference", "Value")
        self.telling.table(headings, [_row(difference) for difference in largest])
        off = {sku: said - self.before[sku] for sku, said in self.words.items() if said != self.before[sku]}
        self.telling.check(
            f"{figures['compared']} compared and {figures['differing']} differing, as the WMS's own list says",
            holds=(figures["compared"], figures["differing"]) == (len(self.words), len(off)),
        )
        units = sum(map(abs, off.values()), Decimal(0))
        self.telling.check(
            f"they differ by {quantity(Decimal(figures['units']))} units", holds=Decimal(figures["units"]) == units
        )


def _row(difference: WmsDifference) -> tuple[str, ...]:
    return (
        difference.item.item_code,
        quantity(difference.on_hand),
        quantity(difference.said),
        signed(difference.difference),
        dollars(difference.value),
    )
