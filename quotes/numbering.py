"""Quote numbers: one counter row a school year, so that no number is given twice and none is lost.

The number and the quote that bears it are stored in one transaction: one that fails gives its number back.
"""

from django.db import connection
from django.db.models import F

from quotes.models import QuoteSeries
from quotes.school_years import SchoolYear


def take_number(school_year: SchoolYear) -> str:
    """The next `Q-2026-00017`. Belongs inside the transaction that stores the quote: the row is locked until then."""
    if not connection.in_atomic_block:
        raise RuntimeError("A quote number is taken in the transaction that stores the quote.")
    series, _ = QuoteSeries.objects.get_or_create(school_year=school_year.start)
    # The UPDATE locks the row on both databases; a SELECT would not lock on SQLite.
    QuoteSeries.objects.filter(pk=series.pk).update(last_number=F("last_number") + 1)
    series.refresh_from_db(fields=["last_number"])
    return f"Q-{school_year.start}-{series.last_number:05d}"
