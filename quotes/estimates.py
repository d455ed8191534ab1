"""The NetSuite estimate of a quote: what is pushed, and whether NetSuite's total is ours."""

from decimal import Decimal

from django.utils import timezone

from netsuite.models import Push
from netsuite.records import Json
from quotes.models import Quote, QuoteLine
from quotes.outgoing import outgoing_objection
from quotes.pricing import PRICE_STEP, extended, rounded

ESTIMATE = "estimate"
CUSTOM_PRICE = {"id": "-1"}  # NetSuite's own level for a price that is in none of its lists
ONE_CASE = Decimal(1)
CASES = Decimal("0.001")


def external_id(quote: Quote) -> str:
    """Fixed by number and revision: asking again is asking for the same record."""
    return f"CS-QT-{quote.number}-R{quote.revision}"


def estimate_of(quote: Quote) -> Json:
    """The `record` of the push. A line without a quantity is a price for one case, for NetSuite wants a quantity."""
    return {
        "tranDate": timezone.localdate(quote.generated_at).isoformat(),
        "entity": _reference(quote.customer.netsuite_id, "entityid", quote.customer.code),
        "dueDate": quote.valid_until.isoformat() if quote.valid_until else None,
        "title": str(quote),
        "memo": f"School year {quote.school_year_text}, {'estimated annual usage' if quote.total() else 'price list'}",
        "lines": [_line(line) for line in quote.lines.order_by("position").select_related("spec_item__item")],
    }


def _line(line: QuoteLine) -> Json:
    stock = line.spec_item.item if line.spec_item else None
    return {
        "item": _reference(stock.netsuite_id if stock else "", "itemid", line.item_code),
        "quantity": f"{rounded(line.quantity or ONE_CASE, CASES):f}",
        "rate": f"{rounded(line.net_price or Decimal(0), PRICE_STEP):f}",
        "priceLevel": CUSTOM_PRICE,
        "description": line.description,
    }


def may_be_pushed(push: Push) -> str:
    """Asked right before the estimate is sent."""
    quote = Quote.objects.select_related("customer", "parent").filter(push=push).first()
    return outgoing_objection(quote) if quote else "The quote of this estimate is gone. Cancel the push."


def expected_total(quote: Quote) -> Decimal:
    """Cents: the sum of the rounded lines as they are pushed."""
    amounts = (extended(line.net_price or Decimal(0), line.quantity or ONE_CASE) for line in quote.lines.all())
    return sum(amounts, Decimal("0.00"))


def _reference(internal_id: str, code_field: str, code: str) -> dict[str, str]:
    return {"id": internal_id} if internal_id else {code_field: code}
