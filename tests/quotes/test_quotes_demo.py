"""The demo supplier's districts, prices and quotes: believable, the same every time, each case a visitor looks for."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from approvals.audit import first_bad_entry
from approvals.clock import at
from approvals.models import Alert, ProposedAction
from approvals.refusals import Refused
from approvals.ticking import tick
from inventory.models import Item
from quotes.context import QUOTE_DRAFT
from quotes.demo.seeding import seed_offer, seed_quotes
from quotes.models import Catalog, Customer, CustomerContact, CustomerProgram, PricingMaster, Quote, SpecItem
from quotes.pricing import Margin
from quotes.renewal import Finding, plan_renewal
from quotes.school_years import SchoolYear
from tests import factories
from tests.quotes import drafted
from tests.quotes import factories as make

pytestmark = pytest.mark.django_db
MOMENT = timezone.make_aware(datetime(2026, 11, 21, 12))
FIRST_OF_A_YEAR = timezone.make_aware(datetime(2027, 7, 1, 0, 30))
YEAR = SchoolYear(2026)


@pytest.fixture
def seeded() -> Any:
    factories.item("004417")
    with at(MOMENT):
        return seed_offer()


@pytest.fixture
def quoted() -> dict[str, Any]:
    """The quotes of the demo by the code of their district."""
    with at(MOMENT):
        seed_quotes()
    return {quote.customer.code: quote for quote in Quote.objects.select_related("customer", "push")}


def contents() -> list[Any]:
    prices = PricingMaster.objects.order_by("customer__code", "spec_item__item_code", "school_year", "price_basis")
    columns = ("customer__code", "spec_item__item_code", "school_year", "price_basis", "case_price", "cost_basis")
    quotes = Quote.objects.order_by("number")
    return [
        *prices.values_list(*columns, "pass_through_value"),
        *quotes.values_list("number", "lifecycle_status", "content_hash", "pdf_hash", "sent_at", "valid_until"),
    ]


def test_the_same_day_gives_the_same_data():
    seen = []
    for _ in range(2):
        with at(FIRST_OF_A_YEAR), transaction.atomic():
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


def test_there_is_a_quote_in_every_state_a_visitor_looks_for(quoted):
    states = {code: quote.lifecycle_status for code, quote in quoted.items()}
    assert states == {"OAK": "expired", "MIL": "accepted", "LAK": "sent", "RIV": "approved"}
    assert quoted["OAK"].school_year == YEAR.previous.start
    assert timedelta(0) < quoted["LAK"].valid_until - MOMENT.date() <= timedelta(days=14)
    awards = quoted["MIL"].lines.values_list("award_status", "po_number")
    assert {award for award, _ in awards} == {"awarded", "not_awarded"}
    assert all(bool(po) == (award == "awarded") for award, po in awards)
    assert MOMENT - quoted["MIL"].sent_at > timedelta(weeks=3)
    to = [quoted[code].customer.contacts.get(receives_quotes=True).email for code in ("OAK", "MIL", "LAK")]
    assert [message.to for message in mail.outbox] == [[address] for address in to]
    assert all(quote.pdf_hash for quote in quoted.values())


def test_the_demo_begins_without_a_fault_and_its_past_lies_in_the_past(quoted):
    with at(MOMENT):
        tick()
    assert not Alert.objects.exists()
    assert first_bad_entry() is None
    assert {code: quote.push.status for code, quote in quoted.items() if quote.push.status != "pending"} == {
        "OAK": "cancelled"
    }, "an expired offer would be held back by the first drain"
    for quote in quoted.values():
        seen = list(quote.history.order_by("history_id").values_list("history_date", flat=True))
        assert quote.generated_at < seen[0] <= seen[-1] < MOMENT
        assert quote.sent_at in {None, *seen}


def test_the_draft_that_waits_needs_a_reason_and_the_e_mail_an_approval(quoted):
    waiting = ProposedAction.objects.get(action_type=QUOTE_DRAFT, status="pending")
    email = ProposedAction.objects.get(action_type="propose_email_to_customer", status="pending")
    assert email.workflow_run == quoted["RIV"].workflow_run
    with at(MOMENT):
        with pytest.raises(Refused, match="Under the margin floor: SPC-0119"):
            drafted.decide(waiting, drafted.approver())
        drafted.decide(waiting, drafted.approver(), "The bun brings the rest of the bid.")
        drafted.decide(email, drafted.approver())
        tick()
    assert Quote.objects.get(customer__code="NVS").lifecycle_status == "approved"
    assert Quote.objects.get(customer__code="RIV").lifecycle_status == "sent"


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
    assert "5 quotes" in out.getvalue()
    with pytest.raises(CommandError, match="would mix") as failure:
        call_command("seed_quotes")
    assert failure.value.returncode == 2


def test_a_production_database_is_never_seeded(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("seed_quotes")
    assert not make.Customer.objects.exists()
