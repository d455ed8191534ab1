"""An answer goes to the sync, once: what a person found is a source like any other.

It happens after the answer is stored, in transactions of its own. Should the program die in between, the tick does
it; the same answer compared again finds the ledger corrected already.
"""

from datetime import timedelta

from approvals import watching
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.models import Alert
from approvals.refusals import Refused
from inventory.checking.telling import page_link
from inventory.excel.answers import sync_answer
from inventory.models import StockQuestion

FORGOTTEN_AFTER = timedelta(minutes=2)


def hand_over(question: StockQuestion) -> None:
    """Let the sync compare what was found. A refusal becomes an alert: the answer itself stays."""
    if question.sync_id:
        return
    try:
        question.sync = sync_answer(question, question.answered_by)
    except Refused as refusal:
        raise_alert(
            key=refused_key(question.pk),
            severity=Alert.Severity.WARNING,
            message=f"The answer to “{question}” was not taken over: {' '.join(refusal.problems)}",
            link=page_link("inventory_stockquestion_change", question.pk),
        )
        return
    question.save(update_fields=["sync"])
    resolve_alert(key=refused_key(question.pk))


def refused_key(pk: int) -> str:
    return f"stock-question-{pk}-sync"


def hand_over_forgotten() -> None:
    """Answers the program did not come round to hand over. A refused one is told of, not tried for ever."""
    answered = StockQuestion.objects.filter(status=StockQuestion.Status.ANSWERED, sync=None)
    left = list(answered.filter(answered_at__lt=now() - FORGOTTEN_AFTER).select_related("item", "location"))
    refused = set(
        Alert.objects.filter(key__in=[refused_key(question.pk) for question in left]).values_list("key", flat=True)
    )
    for question in left:
        if refused_key(question.pk) not in refused:
            hand_over(question)


watching.register("answers_about_stock", hand_over_forgotten)
