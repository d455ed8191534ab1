"""A quote stands to the end of the day it names, where the company is; expired is not declined.

Whether it has lapsed is computed whenever it matters. `expire_due` writes it down, so that lists can be filtered.
"""

from django.db import transaction

from quotes.models import Quote
from quotes.standing import today
from quotes.telling import tell

Status = Quote.Status


def has_lapsed(quote: Quote) -> bool:
    return quote.valid_until is not None and today() > quote.valid_until


def expire_due() -> int:
    """Mark sent quotes whose last day is over; how many. What was answered meanwhile stays as it was answered."""
    due = Quote.objects.filter(lifecycle_status=Status.SENT, valid_until__lt=today())
    return sum(_expire(pk) for pk in due.order_by("pk").values_list("pk", flat=True))


def _expire(pk: int) -> bool:
    with transaction.atomic():
        quote = Quote.objects.select_for_update(of=("self",)).select_related("customer").get(pk=pk)
        if quote.lifecycle_status != Status.SENT or not has_lapsed(quote):
            return False
        quote.move_to(Status.EXPIRED)
        quote.save(update_fields=["lifecycle_status"])
        tell(
            quote,
            "expired",
            f"{quote} stood until the end of {quote.valid_until}, and {quote.customer} has not answered.",
            by=None,
            valid_until=quote.valid_until,
        )
    return True
