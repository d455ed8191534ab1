"""Fills a database that knows no customers with the demo supplier's districts, offer, prices and quotes."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from approvals.clock import now
from approvals.refusals import Refused
from inventory.demo.accounts import create_demo_accounts
from quotes.demo.districts import create_districts
from quotes.demo.offer import create_catalogs, create_prices, create_spec_items, offered
from quotes.demo.quotes_made import make_quotes
from quotes.margin_floor import seed_margin_floor
from quotes.models import Catalog, Customer, SpecItem
from quotes.school_years import SchoolYear, school_year_of

OPENED = timedelta(days=90)  # ago, like the demo's warehouse


@dataclass(frozen=True)
class QuotesSeeded:
    school_year: SchoolYear
    customers: int
    spec_items: int
    prices: int
    catalogs: int
    quotes: int = 0


def seed_quotes() -> QuotesSeeded:
    """Raises Refused on a production database or one with customers or spec items; then nothing is stored.

    Draws PDFs and sends e-mail, so it does not belong inside a transaction.
    """
    seeded = seed_offer()
    return replace(seeded, quotes=make_quotes(create_demo_accounts(), seeded.school_year))


def seed_offer() -> QuotesSeeded:
    """Everything but the quotes. Raises Refused as `seed_quotes` does."""
    if settings.PRODUCTION:
        raise Refused("This is a production database, and demo data has well-known passwords. Nothing was stored.")
    if Customer.objects.exists() or SpecItem.objects.exists():
        raise Refused(
            "There are customers or spec items already, and demo data would mix with them. Nothing was stored."
        )
    moment = now()
    year, opened = school_year_of(timezone.localdate(moment)), moment - OPENED
    with transaction.atomic():
        create_demo_accounts()
        seed_margin_floor()
        rows = offered()
        customers = create_districts(year, on=opened)
        items = create_spec_items(rows, year, on=opened)
        create_catalogs(rows, items, on=opened)
        prices = create_prices(rows, items, customers, year, on=opened)
    return QuotesSeeded(year, len(customers), len(items), prices, Catalog.objects.count())
