"""An order is refused, but the workbook says there is more: the sentence that says so, and what is waiting."""

from collections.abc import Iterable, Sequence

from django.db.models import OuterRef, Subquery

from approvals.templatetags.figures import quantity
from inventory.excel.ledger_side import expected_with_unentered
from inventory.models import Item, Location, SyncLine
from inventory.orders.authority import decided_by_excel
from inventory.orders.freshness import moment_in_words
from inventory.stock.reservations import Shortage

Kind = SyncLine.Classification
Decision = SyncLine.Decision


def what_excel_says(shortages: Sequence[Shortage], *, location: Location) -> list[str]:
    """A sentence for each short item of which the latest workbook that names it says more than we have.

    It is compared with what we expected at its as-of time: a workbook saved before today's sales does not have more.
    """
    short = {shortage.item_id: shortage for shortage in shortages}
    latest = _latest_statements(short, location)
    stated = [(line.pk, item_id, line.sync.as_of) for item_id, line in latest.items()]
    expected = expected_with_unentered(location, stated)
    sentences = []
    for item_id, line in latest.items():
        if line.counted is not None and line.counted > expected[line.pk][1]:
            as_of = moment_in_words(line.sync.as_of)
            code, says = short[item_id].item_code, quantity(line.counted)
            sentences.append(f"Item {code}: Excel says {says} as of {as_of}; {_what_waits(line)}.")
    return sentences


def _latest_statements(item_ids: Iterable[int], location: Location) -> dict[int, SyncLine]:
    excel = decided_by_excel(item_ids, location=location)
    stated = SyncLine.objects.filter(item=OuterRef("pk"), sync__location=location, counted__isnull=False)
    newest = stated.exclude(classification=Kind.REFUSED).order_by("-sync__as_of", "-pk").values("pk")[:1]
    items = Item.objects.filter(pk__any_of=excel).order_by()
    found = items.annotate(latest=Subquery(newest)).exclude(latest=None).values_list("latest", flat=True)
    lines = SyncLine.objects.filter(pk__any_of=list(found)).select_related("sync").order_by("item__item_code")
    return {line.item_id: line for line in lines if line.item_id is not None}


def _what_waits(line: SyncLine) -> str:
    if line.decision == Decision.REJECTED:
        return "the difference was looked at and rejected"
    if line.decision == Decision.RECOUNT:
        return "somebody was asked to count it again"
    if line.classification == Kind.NOT_AUTHORITY:
        return "it was only compared then, and is taken over with the next sync"
    if line.decision == Decision.NONE:
        return "the difference waits for a decision"
    return "it is decided, and not posted yet" if line.adjustment_id is None else "the stock was corrected since"
