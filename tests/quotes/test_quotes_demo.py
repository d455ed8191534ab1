"""The demo supplier's districts and prices: believable, the same every time, with the cases a visitor looks for."""

from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from approvals.clock import at
from inventory.models import Item
from quotes.demo.seeding import seed_quotes
from quotes.models import Catalog, Customer, CustomerContact, CustomerProgram, PricingMaster, SpecItem
from quotes.pricing import Margin
from quotes.renewal import Finding, plan_renewal
from quotes.school_years import SchoolYear
from tests import factories
from tests.quotes import factories as make

pytestmark = pytest.mark.django_db
MOMENT = timezone.make_aware(datetime(2026, 11, 21, 12))
YEAR = SchoolYear(2026)


@pytest.fixture
def seeded() -> Any:
    factories.item("004417")
    with at(MOMENT):
        return seed_quotes()


def contents() -> list[Any]:
    prices = PricingMaster.objects.order_by("customer__code", "spec_item__item_code", "school_year", "price_basis")
    columns = ("customer__code", "spec_item__item_code", "school_year", "price_basis", "case_price", "cost_basis")
    return list(prices.values_list(*columns, "pass_through_value"))


def test_the_same_day_gives_the_same_data():
    seen = []
    for _ in range(2):
        with at(MOMENT), transaction.atomic():
            seed_quotes()
            seen.append(contents())
            transaction.set_rollback(True)
    assert seen[0] == seen[1] != []


def test_there_are_twelve_districts_three_years_and_eighty_priced_items(seeded):
    assert (seeded.school_year, seeded.customers, seeded.catalogs) == (YEAR, 12, 3)
    assert Customer.objects.filter(entitystatus="hold").count() == 1
    assert set(PricingMaster.objects.values_list("school_year", flat=True)) == {2025, 2026, 2027}
    assert PricingMaster.objects.values("spec_item").distinct().count() == 80
    assert SpecItem.objects.filter(prices=None).count() == 1, "one item without a price"
    assert set(PricingMaster.objects.values_list("price_basis", flat=True)) == {"commercial", "noi", "ffs", "rebate"}
    for customer in Customer.objects.all():
        assert CustomerContact.objects.filter(customer=customer, receives_quotes=True).count() == 1
        assert CustomerProgram.objects.filter(customer=customer, program_code="NSLP").exists()
        assert customer.profile.last_quote_event is None
    assert all(catalog.entries.count() >= 5 for catalog in Catalog.objects.all())


def test_exactly_one_line_of_the_current_year_is_under_the_floor(seeded):
    prices = PricingMaster.objects.filter(school_year=YEAR.start).select_related("spec_item", "customer")
    margins = {price: Margin(price.price.received, price.cost_basis) for price in prices}
    (thin,) = [price for price, margin in margins.items() if margin.is_below_floor]
    assert (thin.case_price, thin.cost_basis) == (40, Decimal("34.01"))
    assert all(margin.is_known for margin in margins.values())


def test_items_of_the_warehouse_are_linked_and_prices_have_a_history(seeded):
    assert SpecItem.objects.get(item_code="004417").item == Item.objects.get(item_code="004417")
    assert PricingMaster.history.count() == seeded.prices
    assert not PricingMaster.objects.filter(cost_date__gt=MOMENT.date()).exists()


def test_next_year_shows_every_kind_of_finding_a_visitor_would_look_for(seeded):
    with at(MOMENT):
        plan = plan_renewal(YEAR.next)
    assert set(plan.skipped) == {"BRO"}
    for finding in (Finding.NO_PRICE, Finding.DISCONTINUED, Finding.CHANGED, Finding.CN_EXPIRED):
        assert plan.with_finding(finding), finding
    assert len(plan.clean) > len(plan.lines) * 4 // 5


def test_who_quotes_in_the_demo_sees_no_cost_and_the_approver_does(seeded):
    quoter, approver = (
        authenticate(username="quoter", password="quoter-demo"),
        authenticate(username="approver", password="approver-demo"),
    )
    assert quoter.has_perm("quotes.draft_quote")
    assert not quoter.has_perm("quotes.view_cost")
    assert not quoter.has_perm("approvals.decide_proposedaction")
    assert approver.has_perms(["quotes.view_cost", "approvals.decide_proposedaction"])


def test_the_command_tells_what_it_made_and_refuses_a_second_time():
    out = StringIO()
    call_command("seed_quotes", stdout=out)
    assert "12 districts" in out.getvalue()
    with pytest.raises(CommandError, match="would mix") as failure:
        call_command("seed_quotes")
    assert failure.value.returncode == 2


def test_a_production_database_is_never_seeded(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("seed_quotes")
    assert not make.Customer.objects.exists()
