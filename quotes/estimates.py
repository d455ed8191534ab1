"""The NetSuite estimate of a quote: what is pushed, and whether it may still go."""

from decimal import Decimal

from django.utils import timezone

from netsuite import estimates
from netsuite.models import Push
from netsuite.records import Json, Reference
from quotes.models import Quote, QuoteLine
from quotes.outgoing import outgoing_objection
from quotes.wishes import THOUSANDTH

ONE_CASE = Decimal(1)


def external_id(quote: Quote) -> str:
    """Fixed by number and revision: asking again is asking for the same record."""
    return f"CS-QT-{quote.number}-R{quote.revision}"


def estimate_of(quote: Quote) -> Json:
    """The `record` of the push. A line without a quantity is the price of one case: NetSuite wants a quantity."""
    lines = list(quote.lines.order_by("position").select_related("spec_item__item"))
    without = sum(line.quantity is None for line in lines)
    what = "estimated annual usage" if not without else f"price list, {without} lines for one case each"
    return estimates.estimate(
        tran_date=timezone.localdate(quote.generated_at),
        customer=Reference(quote.customer.code, quote.customer.netsuite_id),
        lines=[_line(line) for line in lines],
        title=str(quote),
        memo=f"School year {quote.school_year_text}, {what}",
        due_date=quote.valid_until,
    )


def _line(line: QuoteLine) -> estimates.EstimateLine:
    stock = line.spec_item.item if line.spec_item else None
    return estimates.EstimateLine(
        item=Reference(line.item_code, stock.netsuite_id if stock else ""),
        quantity=(line.quantity or ONE_CASE).quantize(THOUSANDTH),
        rate=line.net_price,
        description=line.description,
    )


def may_be_pushed(push: Push) -> str:
    """Asked right before the estimate is sent. An estimate that is no quote's is not ours to judge."""
    quote = Quote.objects.select_related("customer", "parent").filter(push=push).first()
    return outgoing_objection(quote) if quote else ""
