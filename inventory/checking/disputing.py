"""What stating a quantity would do, and the end of a dispute in favour of the WMS."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from approvals.clock import now
from approvals.models import ProposedAction
from approvals.refusals import Refused
from approvals.templatetags.figures import quantity as plain
from approvals.templatetags.figures import signed
from inventory.checking.reconciling import PERMISSION
from inventory.excel.answers import compare_dispute, sync_dispute
from inventory.models import Authority, Balance, Item, Location, SyncLine, WmsDispute
from inventory.wms.disputes import comes_to, end_accepting, newest_word

Outcome = SyncLine.Classification


@dataclass(frozen=True)
class Foreseen:
    """`sentences` for whoever is about to state it."""

    posts_at_once: bool
    sentences: list[str]


def foresee(*, item: Item, location: Location, quantity: Decimal) -> Foreseen:
    """By the very comparison that stating it makes. Raises Refused for a quantity that cannot be stated."""
    if not item.allows_fractions and quantity % 1:
        raise Refused(f"{quantity:f} is not whole, but {item.unit} comes in whole units.")
    row = compare_dispute(item=item, location=location, found=quantity, when=now())
    if row.outcome == Outcome.REFUSED:
        raise Refused(row.why)
    sentences, at_once = [], row.outcome in {Outcome.MATCH, Outcome.AUTO_ADJUST}
    if row.outcome == Outcome.MATCH:
        sentences.append("It is what is on hand already: no stock changes.")
    elif at_once:
        sentences.append(f"{signed(row.variance)} {item.unit} are posted at once, within the guardrail.")
    else:
        sentences.append(f"{signed(row.variance)} {item.unit} wait for an approver, who cannot be you: {row.why}.")
    return Foreseen(at_once, [*sentences, *_of_the_wms(item, location, quantity)])


def _of_the_wms(item: Item, location: Location, quantity: Decimal) -> list[str]:
    word = newest_word(item, location)
    if word is None or not Balance.objects.filter(item=item, location=location, authority=Authority.WMS).exists():
        return []
    theirs = comes_to(word)
    if theirs == quantity:
        return ["The WMS says the same: nothing is disputed any more."]
    return [
        f"You dispute the WMS, which says {plain(theirs)}. While it repeats that, its word is kept but not applied. "
        "The dispute ends when it says what you say, when it states a third figure, which is applied and told of, or "
        "when somebody accepts its word."
    ]


def accept_word(*, dispute_id: int, by: Any) -> SyncLine | None:
    """End a dispute in favour of the WMS. What its last update cannot move, because it was applied before or a proposal
    waits, is stated in the person's name; then that line is returned. Raises Refused."""
    if not by.has_perm(PERMISSION):
        raise Refused("You may not decide a dispute. Ask an administrator for the approver role.")
    dispute = end_accepting(dispute_id=dispute_id, by=by)
    word = newest_word(dispute.item, dispute.location)
    if word is None:
        return None
    theirs = comes_to(word)
    on_hand = Balance.objects.get(item=dispute.item, location=dispute.location).quantity_on_hand
    if theirs < 0 or (theirs == on_hand and not _waits(dispute)):
        return None
    reason = f"The word of {dispute.client} is accepted"
    sync = sync_dispute(item=dispute.item, location=dispute.location, found=theirs, when=now(), reason=reason, by=by)
    return sync.lines.select_related("proposed_action").get()


def _waits(dispute: WmsDispute) -> bool:
    lines = SyncLine.objects.filter(sync=dispute.sync_id, proposed_action__status=ProposedAction.Status.PENDING)
    return dispute.sync_id is not None and lines.exists()
