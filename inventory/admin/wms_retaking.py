"""“Take again”: what the question says about the chosen updates, and what came of them."""

from typing import Any

from django.db.models import Count, QuerySet

from approvals.admin.confirming import Question
from inventory.models import WmsUpdate
from inventory.wms.retaking import NEVER, Retaken, retakable, retake_updates

SHOWN = 5


def retake_question(updates: QuerySet[WmsUpdate], by: Any) -> Question:
    chosen = retakable(updates)
    reasons = dict(chosen.order_by().values_list("reason").annotate(Count("pk")))
    labels = dict(WmsUpdate.Reason.choices)
    causes = ", ".join(f"{labels[reason].lower()} ({number:,})" for reason, number in sorted(reasons.items()))
    twice = updates.filter(reason=WmsUpdate.Reason.KEY_REUSED).count()
    total = sum(reasons.values())
    return Question(
        title=f"Take {total:,} quarantined update{'s' * (total != 1)} again?",
        consequences=[
            f"They wait because of: {causes}." if causes else "None of them is in quarantine.",
            "Each is judged anew from what was sent: an item added or a limit raised since counts. What is right is "
            "posted at once, goods moved since taken off; what has been said more recently of an item stands.",
            "What still cannot be taken stays in quarantine, with the reason it has now.",
            *([f"{twice:,} cannot be taken again. {NEVER}"] if twice else []),
        ],
        button="Take again",
        carry_out=lambda _reason: said(retake_updates(updates=updates, by=by)),
    )


def said(retaken: Retaken) -> str:
    """12 updates taken again: 10 applied, 2 quarantined. Sequence 7, X-1: ..."""
    number = len(retaken.results)
    counts = ", ".join(f"{count:,} {state}" for state, count in sorted(retaken.tally.items())) or "nothing to do"
    passed = f" {retaken.passed_over:,} passed over." if retaken.passed_over else ""
    still = [again for again in retaken.results if again.state == WmsUpdate.State.QUARANTINED]
    why = "".join(f" Sequence {again.sequence}, {again.sku}: {again.why}" for again in still[:SHOWN])
    return f"{number:,} update{'s' * (number != 1)} taken again: {counts}.{passed}{why}"
