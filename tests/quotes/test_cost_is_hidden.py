"""Cost and margin: for those with the permission, and under no address for anybody else."""

from typing import Any

import pytest
from django.urls import reverse

from approvals.models import Guardrail
from quotes.models import PricingMaster, Quote
from tests import factories
from tests.quotes import factories as make
from tests.quotes.screens import address, exported, run_import, signed_in, text_of, upload

pytestmark = pytest.mark.django_db
COST, MARGIN = "33.7717", "15.6 %"
SECRETS = (COST, "33.77", MARGIN, "2026-05-01", "May 1, 2026")
BLIND = ("quoter", "quote manager")
SEEING = ("approver", "auditor")


@pytest.fixture
def price() -> Any:
    """A price with a history of costs, and a quote with its line."""
    who, what = make.customer("ELM"), make.spec_item("00417")
    row = make.master_price(who, what, 40, cost="30")
    row.cost_basis = COST
    row.save()
    quote = make.quote(who, status="sent")
    make.line(quote, what, 40, cost_basis=COST)
    return row


def pages(price: Any) -> list[str]:
    quote = Quote.objects.get()
    past = price.history.first()
    return [
        address("pricingmaster"),
        address("pricingmaster", "change", price.pk),
        address("pricingmaster", "history", price.pk),
        reverse("admin:quotes_pricingmaster_simple_history", args=(price.pk, past.history_id)),
        address("quote"),
        address("quote", "change", quote.pk),
        address("quote", "history", quote.pk),
        address("customer", "change", price.customer_id),
        address("specitem", "change", price.spec_item_id),
    ]


@pytest.mark.parametrize("role", BLIND)
def test_no_page_shows_cost_or_margin_without_the_permission(role, price):
    client = signed_in(factories.user("", role))
    opened = 0
    for page in pages(price):
        answer = client.get(page)
        opened += answer.status_code == 200
        body = answer.content.decode().lower()
        assert [secret for secret in SECRETS if secret.lower() in body] == [], page
        assert "cost" not in text_of(answer).lower(), page
        assert "margin" not in text_of(answer).lower(), page
    assert opened >= 6, "the pages are open to this role"


@pytest.mark.parametrize("role", SEEING)
def test_who_may_see_cost_sees_it(role, price):
    client = signed_in(factories.user("", role))
    shown = text_of(client.get(address("pricingmaster")))
    assert COST in shown
    assert MARGIN in shown
    assert MARGIN in text_of(client.get(address("quote", "change", Quote.objects.get().pk)))
    assert COST in exported(client, "pricingmaster")
    assert COST in text_of(client.get(address("pricingmaster", "history", price.pk)))


@pytest.mark.parametrize("role", BLIND)
@pytest.mark.parametrize(
    "query", ["cost_basis__gte=1", "cost_basis=33.7717", "cost_date__year=2026", "cost_basis__isnull=0"]
)
def test_no_filter_tells_a_cost(role, query, price):
    """A lookup in the address is refused: Django sends the reader back to the list without it."""
    client = signed_in(factories.user("", role))
    answer = client.get(f"{address('pricingmaster')}?{query}")
    assert answer.status_code in {302, 400}
    for asked in ("margin=below", "margin=unknown"):
        listed = client.get(f"{address('pricingmaster')}?{asked}")
        assert listed.status_code == 302 or "00417" in text_of(listed), "the facet is not there"


def test_no_sort_order_tells_a_cost(price):
    """Columns count from what is shown: whatever is asked for, the order is one of visible columns."""
    client = signed_in(factories.user("", "quoter"))
    make.master_price(price.customer, make.spec_item("00001"), 50, cost="1")
    make.master_price(price.customer, make.spec_item("00002"), 60, cost="59")
    for column in range(1, 12):
        answer = client.get(f"{address('pricingmaster')}?o={column}")
        if answer.status_code == 200:
            order = answer.context["cl"].queryset.query.order_by
            assert not [name for name in order if "cost" in str(name)]


def test_files_without_the_permission_hold_no_cost_and_set_none(price):
    client = signed_in(factories.user("", "quote manager"))
    file = exported(client, "pricingmaster")
    assert "00417" in file
    assert "cost" not in file
    assert [secret for secret in SECRETS if secret in file] == []
    heading = "customer,item_code,school_year,price_basis,case_price,cost_basis,cost_date\n"
    shown = text_of(upload(client, "pricingmaster", heading + "ELM,00417,2026-27,commercial,41,1,2026-01-01\n"))
    assert "the column “cost_basis” is refused" in shown
    run_import(client, "pricingmaster", file.replace("40", "41"))
    price.refresh_from_db()
    assert (price.case_price, str(price.cost_basis)) == (41, COST)


def test_a_form_without_the_permission_changes_no_cost(price):
    client = signed_in(factories.user("", "quote manager"))
    form = {
        "customer": price.customer_id, "spec_item": price.spec_item_id, "school_year": price.school_year,
        "price_basis": "commercial", "case_price": "42", "pass_through_value": "", "cost_basis": "1",
        "cost_date": "2020-01-01",
    }  # fmt: skip
    assert client.post(address("pricingmaster", "change", price.pk), form).status_code == 302
    price.refresh_from_db()
    assert (price.case_price, str(price.cost_basis), str(price.cost_date)) == (42, COST, "2026-05-01")


def test_the_margin_facet_judges_exactly(price):
    """On 0.10 a cost of 0.085 is exactly the floor, which floats get wrong."""
    client = signed_in(factories.user("", "approver"))
    exact, under, unknown = (make.spec_item(code) for code in ("EXACT", "UNDER", "UNKNOWN"))
    make.master_price(price.customer, exact, "0.10", cost="0.085")
    make.master_price(price.customer, under, "0.10", cost="0.0851")
    make.master_price(price.customer, unknown, "0.10", cost=None)
    listed = {asked: client.get(f"{address('pricingmaster')}?margin={asked}") for asked in ("below", "unknown")}
    found = {
        asked: {row.spec_item.item_code for row in answer.context["cl"].result_list} for asked, answer in listed.items()
    }
    assert found == {"below": {"UNDER"}, "unknown": {"UNKNOWN"}}


def test_a_floor_that_is_switched_off_lets_nothing_pass(price):
    client = signed_in(factories.user("", "approver"))
    client.get(address("pricingmaster"))
    Guardrail.objects.filter(name="quote_margin_floor").update(is_enabled=False)
    answer = client.get(f"{address('pricingmaster')}?margin=below")
    assert len(answer.context["cl"].result_list) == PricingMaster.objects.count() == 1
