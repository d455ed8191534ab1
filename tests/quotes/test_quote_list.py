"""The list of quotes: found by number, customer and item; filtered by state, year and expiry; never edited."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.clock import at
from quotes.models import Catalog, CatalogItem, CustomerProgram, Quote
from tests import factories
from tests.quotes import factories as make
from tests.quotes.screens import address, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def quoter() -> Client:
    return signed_in(factories.user("", "quoter"))


def listed(client: Client, query: str) -> set[Any]:
    answer = client.get(f"{address('quote')}?{query}")
    assert answer.status_code == 200
    return {quote.pk for quote in answer.context["cl"].result_list}


def test_a_quote_is_found_by_number_customer_and_item(quoter):
    elm = make.quote(make.customer("ELM", name="Elm Unified"), status="sent", number="Q-2026-00017")
    oak = make.quote(make.customer("OAK"), status="approved", number="Q-2026-00018")
    for _ in range(3):
        make.line(elm)
    make.line(elm, make.spec_item("004417", name="Graham crackers"))
    make.line(oak, make.spec_item("100307", name="Green beans"))
    for query, found in {
        "q=00017": elm, "q=Q-2026-00018": oak, "q=unified": elm, "q=OAK": oak, "q=004417": elm, "q=beans": oak,
    }.items():  # fmt: skip
        assert listed(quoter, query) == {found.pk}, query
    assert listed(quoter, "q=Q-2026 crackers") == {elm.pk}
    shown = {q.pk: q.line_count for q in quoter.get(f"{address('quote')}?q=graham").context["cl"].result_list}
    assert shown == {elm.pk: 4}, "a search counts all lines of what it found"


def test_quotes_are_filtered_by_state_and_school_year(quoter):
    sent, next_year = make.quote(status="sent"), make.quote(status="draft", year=make.YEAR + 1)
    assert listed(quoter, "lifecycle_status__exact=sent") == {sent.pk}
    assert listed(quoter, f"year={make.YEAR + 1}") == {next_year.pk}


def test_offers_that_expire_within_fourteen_days_are_found_to_the_end_of_the_local_day(quoter):
    """At 23:30 in New York it is tomorrow in UTC; the offer of today still stands."""
    evening = timezone.make_aware(datetime(2026, 6, 1, 23, 30))
    today = evening.date()
    days = {n: make.quote(status="sent", valid_until=today + timedelta(days=n)) for n in (-1, 0, 14, 15)}
    make.quote(status="declined", valid_until=today)
    with at(evening):
        assert listed(quoter, "expiring=soon") == {days[0].pk, days[14].pk}


def test_the_page_shows_the_lines_and_no_one_edits_them(quoter):
    quote = make.quote(status="sent")
    make.line(quote, make.spec_item("004417"), "0.1667", quantity=1000)
    make.line(quote, make.spec_item("100307"), None)
    shown = text_of(quoter.get(address("quote", "change", quote.pk)))
    for said in ("004417", "$0.1667", "$166.70", "Needs a price"):
        assert said in shown
    assert "total of estimated usage" not in shown, "not every line has a quantity"
    for person in (factories.user("", "approver"), factories.user("", superuser=True)):
        client = signed_in(person)
        for page in (address("quote", "add"), address("quote", "delete", quote.pk)):
            assert client.get(page).status_code == 403
        client.post(address("quote", "change", quote.pk), {"notes": "x"})
    assert Quote.objects.get(pk=quote.pk).notes == ""


LISTS = (
    "customer", "customercontact", "customerprogram", "specitem", "pricingmaster", "catalog", "catalogitem", "quote"
)  # fmt: skip


def test_every_list_takes_as_many_queries_for_many_rows_as_for_few():
    boss = signed_in(factories.user("", superuser=True))

    def fill(rows: int) -> None:
        for _ in range(rows):
            who, what = make.customer(contact="food@district.example"), make.spec_item()
            make.master_price(who, what)
            CustomerProgram.objects.create(customer=who, program_code="NSLP")
            catalog = Catalog.objects.create(code=who.code, name="All")
            CatalogItem.objects.create(catalog=catalog, spec_item=what)
            make.line(make.quote(who, status="sent", created_by=factories.user()), what)

    def queries(table: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(address(table)).status_code == 200
        return len(captured)

    fill(2)
    for table in LISTS:
        queries(table)
    few = {table: queries(table) for table in LISTS}
    fill(6)
    assert {table: queries(table) for table in LISTS} == few


def test_a_new_customer_has_a_profile_and_a_fixed_code():
    boss = signed_in(factories.user("", superuser=True))
    no_rows = {f"{of}-{what}_FORMS": 0 for of in ("contacts", "programs") for what in ("TOTAL", "INITIAL")}
    form = {"code": "ELM", "name": "Elm", "entitystatus": "active", "delivery_terms": "delivered", **no_rows}
    assert boss.post(address("customer", "add"), form).status_code == 302
    made = make.Customer.objects.get()
    assert made.profile.last_quote_event is None
    boss.post(address("customer", "change", made.pk), {**form, "code": "OAK", "name": "Elm Unified"})
    made.refresh_from_db()
    assert (made.code, made.name) == ("ELM", "Elm Unified")


def test_a_contact_that_gets_quotes_needs_an_address():
    boss = signed_in(factories.user("", superuser=True))
    who = make.customer()
    form = {"customer": who.pk, "name": "Pat", "receives_quotes": "on", "is_active": "on"}
    assert "Fill in the address" in text_of(boss.post(address("customercontact", "add"), form))


def exported(client: Client, query: str) -> list[dict[str, str]]:
    answer = client.get(f"{address('quote')}?{query}&export=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="quote-lines.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_lines_of_the_quotes_shown_leave_as_a_file_without_cost(quoter):
    elm = make.quote(make.customer("ELM"), status="sent", number="Q-2026-00017")
    make.line(
        elm, make.spec_item("004417", name="=1+1"), 40, quantity=3, cost_basis="34.01", cost_date=date(2026, 7, 1)
    )
    make.line(make.quote(make.customer("OAK"), status="approved"), make.spec_item("100307"))
    (row,) = exported(quoter, "q=00017")
    assert (row["quote"], row["item_code"], row["description"]) == ("Q-2026-00017", "004417", "'=1+1")
    assert (row["extended"], row["award"]) == ("120.00", "No answer yet")
    assert "34.01" not in str(row)
    assert not {"cost_basis", "margin"} & set(row)
    assert len(exported(quoter, "q=")) == 2


def test_the_file_has_cost_and_margin_for_those_who_may_see_them():
    make.line(make.quote(status="sent"), price=40, cost_basis="34.01", cost_date=date(2026, 7, 1))
    (row,) = exported(signed_in(factories.user("", "approver")), "q=")
    assert (row["cost_basis"], row["margin"]) == ("34.0100", "14.98 %")


def test_an_empty_list_says_how_to_begin_and_an_empty_search_how_to_go_back(quoter):
    page = text_of(quoter.get(address("quote")))
    assert "Draft a quote with the button above." in page
    page = text_of(quoter.get(f"{address('quote')}?q=nothing"))
    assert "No quotes fit this search and these filters." in page
    assert "Show all" in page
