"""Customers, items, prices and catalogs as files: everything comes back, every problem at once, few queries."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quotes.models import Catalog, CatalogItem, Customer, CustomerContact, CustomerProgram, PricingMaster, SpecItem
from tests import factories
from tests.quotes import factories as make
from tests.quotes.screens import address, confirm, exported, run_import, signed_in, text_of, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    return signed_in(factories.user("boss", superuser=True))


def fill() -> None:
    """A row in each table, odd ones too."""
    who = make.customer("=ELM", contact="Food@district.example", bill_to="1 Elm St\nNorthvale", tax_certificate="-7")
    CustomerProgram.objects.create(customer=who, program_code="NSLP", kind="meal")
    CustomerProgram.objects.create(customer=who, program_code="NOI", kind="processing", school_year=make.YEAR)
    stocked = factories.item("00417")
    what = make.spec_item(
        "00417", item=stocked, cn_number="088123", cn_expires_on="2027-06-30", storage="frozen",
        net_case_weight=Decimal("30.125"), servings_per_case=96,
    )  # fmt: skip
    make.master_price(who, what, "42.1234", cost="31.2")
    make.master_price(who, what, 42, basis="noi", pass_through="4.5", cost=None)
    catalog = Catalog.objects.create(code="BKF", name="Breakfast")
    CatalogItem.objects.create(catalog=catalog, spec_item=what, position=3)


TABLES = {
    "customer": Customer, "customercontact": CustomerContact, "customerprogram": CustomerProgram,
    "specitem": SpecItem, "pricingmaster": PricingMaster, "catalog": Catalog, "catalogitem": CatalogItem,
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_an_export_read_back_changes_nothing_and_writes_no_history(boss, table):
    fill()
    history: Any = TABLES[table].history
    before = history.count()
    file = exported(boss, table)
    assert len(file.splitlines()) == TABLES[table].objects.count() + file.count("\nNorthvale") + 1
    run_import(boss, table, file)
    assert history.count() == before


def test_rows_are_created_and_changed_with_history_of_who_did_it(boss):
    run_import(boss, "customer", "code,name,status,terms\nELM,Elm USD,Credit Hold,Net 30\nOAK,Oak USD,active,\n")
    assert dict(Customer.objects.values_list("code", "entitystatus")) == {"ELM": "hold", "OAK": "active"}
    run_import(boss, "customer", "code,status\nELM,Active\nOAK,ACTIVE\n")
    elm = Customer.objects.get(code="ELM")
    assert (elm.entitystatus, elm.name, elm.terms) == ("active", "Elm USD", "Net 30"), "a column left out stays"
    assert [(row.history_type, row.history_user.username) for row in elm.history.all()] == [
        ("~", "boss"), ("+", "boss")
    ]  # fmt: skip
    assert Customer.objects.get(code="OAK").history.count() == 1


def test_a_price_is_found_by_customer_item_year_and_basis(boss):
    fill()
    heading = "customer,item_code,school_year,price_basis,case_price,pass_through_value,cost_basis,cost_date\n"
    run_import(boss, "pricingmaster", heading + "'=ELM,00417,SY26-27,NOI,43.00,4.50,,\n'=ELM,00417,2027-28,,44,,,\n")
    prices = PricingMaster.objects.order_by("school_year", "price_basis")
    assert [(p.school_year, p.price_basis, p.case_price) for p in prices] == [
        (2026, "commercial", Decimal("42.1234")), (2026, "noi", 43), (2027, "commercial", 44)
    ]  # fmt: skip
    assert [row.case_price for row in PricingMaster.objects.get(price_basis="noi").history.all()] == [43, 42]


def test_every_problem_of_a_price_file_is_listed_and_nothing_is_stored(boss):
    fill()
    rows = {
        "customer “OAK” does not exist": "OAK,00417,2026-27,commercial,1,,,",
        "spec item “4417” does not exist": "'=ELM,4417,2026-27,commercial,1,,,",
        "2025-26 or 2026-27": "'=ELM,00417,2026,commercial,1,,,",
        "no price basis": "'=ELM,00417,2027-28,cost plus,1,,,",
        "needs the pass-through": "'=ELM,00417,2028-29,noi,1,,,",
        "no amount of dollars": "'=ELM,00417,2029-30,ffs,free,,,",
        "greater than or equal to 0.0001": "'=ELM,00417,2030-31,ffs,0,,,",
        "A cost and its date belong together": "'=ELM,00417,2031-32,ffs,5,,4,",
        "says something about the same thing": "'=ELM,00417,2031-32,FFS,5,,,",
    }
    heading = "customer,item_code,school_year,price_basis,case_price,pass_through_value,cost_basis,cost_date\n"
    shown = text_of(upload(boss, "pricingmaster", heading + "\n".join(rows.values()) + "\n"))
    assert [sentence for sentence in rows if sentence not in shown] == []
    assert "Nothing was imported" in shown
    assert "Traceback" not in shown
    assert PricingMaster.objects.count() == 2


def test_contacts_and_programs_are_found_whatever_the_case(boss):
    fill()
    run_import(boss, "customercontact", "customer,name,email,receives_quotes\n'=ELM,Pat L,FOOD@district.example,1\n")
    assert CustomerContact.objects.get().name == "Pat L"
    run_import(boss, "customerprogram", "customer,program_code,school_year,status\n'=ELM,NSLP,,Inactive\n")
    assert CustomerProgram.objects.get(program_code="NSLP").status == "inactive"
    shown = text_of(upload(boss, "customercontact", "customer,name,email\nOAK,X,\n"))
    assert "customer “OAK” does not exist" in shown
    assert "The e-mail address is empty" in shown


def test_a_clash_the_file_could_not_show_is_a_sentence(boss):
    """Two items of ours cannot be the same thing in the warehouse."""
    fill()
    shown = text_of(upload(boss, "specitem", "item_code,name,stock_item\nX1,Beans,00417\n"))
    assert "clashes with what is stored" in shown
    assert "UNIQUE" not in shown
    assert SpecItem.objects.count() == 1


def test_queries_do_not_grow_with_the_rows(boss):
    """SQLite takes a thousand values a statement, so 200 rows are a handful of statements there."""
    make.customer("ELM")
    heading = "customer,item_code,school_year,price_basis,case_price,cost_basis,cost_date\n"
    for number in range(200):
        make.spec_item(f"I{number:03d}")

    def queries(rows: int, price: str, year: str) -> int:
        text = "".join(f"ELM,I{n:03d},{year},commercial,{price},1,2026-05-01\n" for n in range(rows))
        preview = upload(boss, "pricingmaster", heading + text)
        with CaptureQueriesContext(connection) as captured:
            assert confirm(boss, "pricingmaster", preview).status_code == 302
        return len(captured)

    for price in ("40", "41"):  # created, then changed
        assert queries(200, price, "2026-27") - queries(10, price, "2025-26") < 20
    assert PricingMaster.objects.filter(case_price=41).count() == 210
    assert PricingMaster.history.count() == 420


def test_imports_are_for_those_who_may_change_the_rows():
    for role in ("quoter", "approver", "auditor", "counter"):
        client = signed_in(factories.user("", role))
        assert {client.get(address(table, "import")).status_code for table in TABLES} == {403}
    manager = signed_in(factories.user("", "quote manager"))
    assert {manager.get(address(table, "import")).status_code for table in TABLES} == {200}
