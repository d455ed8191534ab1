"""What the tables themselves refuse, and how a quote goes from state to state."""

import ast
import inspect
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from approvals.clock import now
from quotes.models import (
    Catalog,
    CatalogItem,
    CustomerContact,
    CustomerProgram,
    PricingMaster,
    Quote,
    QuoteLine,
    SpecItem,
)
from quotes.models.spec_items import SPECIFICATION_FIELDS
from quotes.pricing import Price, PriceBasis, PriceSource
from tests.quotes import factories as make

pytestmark = pytest.mark.django_db
Status = Quote.Status
ALLOWED = {
    ("draft", "proposed"), ("draft", "cancelled"),
    ("proposed", "approved"), ("proposed", "draft"), ("proposed", "cancelled"),
    ("approved", "sent"), ("approved", "superseded"), ("approved", "cancelled"),
    ("sent", "accepted"), ("sent", "declined"), ("sent", "expired"), ("sent", "superseded"), ("sent", "cancelled"),
    ("accepted", "superseded"), ("declined", "superseded"), ("expired", "superseded"),
    ("accepted", "sent"), ("declined", "sent"), ("expired", "accepted"), ("expired", "declined"),
}  # fmt: skip


def refuses(constraint: str, change: Any) -> None:
    with pytest.raises(IntegrityError) as problem, transaction.atomic():
        change()
    assert constraint in str(problem.value) or "UNIQUE constraint failed" in str(problem.value)


def set_by_sql(row: models.Model, **values: Any) -> Any:
    """A change that no `save` or form has seen."""
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**values)


# -- lifecycle ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(product(Status.values, repeat=2)))
def test_each_pair_of_states_is_allowed_or_refused(before, after):
    quote = Quote(lifecycle_status=before)
    if (before, after) in ALLOWED:
        quote.move_to(after)
        assert quote.lifecycle_status == after
    else:
        with pytest.raises(ValueError, match=f"from {before} to {after}"):
            quote.move_to(after)
        assert quote.lifecycle_status == before


def test_the_table_of_transitions_names_every_state():
    assert set(Quote.TRANSITIONS) == set(Status)


def test_the_database_knows_the_states():
    refuses("quote_status_known", set_by_sql(make.quote(status="approved"), lifecycle_status="lost"))


def test_a_quote_has_its_number_from_approval_on():
    draft = make.quote()
    refuses("approved_quote_has_number", set_by_sql(draft, lifecycle_status="approved"))
    refuses("quote_number_not_empty", set_by_sql(draft, number=""))
    assert make.quote().number is make.quote().number is None, "drafts without a number do not collide"


def test_a_number_and_revision_stand_once_and_one_revision_is_current():
    first = make.quote(status="sent", number="Q-2026-00001")
    second = make.quote(first.customer, status="approved", number="Q-2026-00001", revision=2, parent=first)
    refuses("one_row_per_number_and_revision", set_by_sql(second, revision=1, parent=None))
    whole = {"lifecycle_status": "sent", "sent_at": now(), "content_hash": "1" * 64}
    refuses("one_current_revision_per_number", set_by_sql(second, **whole))
    set_by_sql(first, lifecycle_status="superseded")()
    set_by_sql(second, **whole)()


def test_a_sent_quote_is_whole():
    quote = make.quote(status="sent")
    for missing in ({"sent_at": None}, {"valid_until": None}, {"content_hash": ""}):
        refuses("sent_quote_is_whole", set_by_sql(quote, **missing))


def test_a_later_revision_names_its_parent():
    quote = make.quote()
    refuses("later_revision_has_parent", set_by_sql(quote, revision=2))
    refuses("later_revision_has_parent", set_by_sql(quote, parent=make.quote(quote.customer).pk))


def test_price_period_and_school_year_are_sane():
    quote = make.quote()
    refuses("quote_prices_from_to", set_by_sql(quote, prices_to=date(2020, 1, 1)))
    refuses("quote_school_year_known", set_by_sql(quote, school_year=26))


# -- lines --------------------------------------------------------------------------------------------------


def test_a_line_is_priced_whole_or_needs_a_price():
    line = make.line(make.quote())
    for half in ({"case_price": None}, {"net_price": None}, {"price_source": "missing"}, {"price_source": "guess"}):
        refuses("quote_line_priced_or_missing", set_by_sql(line, **half))
    for price in (0, -1):
        refuses("quote_line", set_by_sql(line, case_price=price, net_price=price))


def test_the_net_price_of_a_line_follows_its_basis():
    line = make.line(make.quote())
    refuses("quote_line_net_of_pass_through", set_by_sql(line, net_price=Decimal("39.99")))
    refuses("quote_line_net_of_pass_through", set_by_sql(line, pass_through_value=5))
    noi = {"price_basis": "noi", "pass_through_value": 5}
    refuses("quote_line_net_of_pass_through", set_by_sql(line, **noi))
    set_by_sql(line, **noi, net_price=35)()
    refuses("quote_line_net_of_pass_through", set_by_sql(line, pass_through_value=41))
    refuses("quote_line_net_of_pass_through", set_by_sql(line, price_basis="rebate"))
    set_by_sql(line, price_basis="rebate", net_price=40)()
    refuses("quote_line_basis_known", set_by_sql(line, price_basis="cost_plus"))


@pytest.mark.parametrize(
    "price",
    [
        Price(PriceBasis.COMMERCIAL, Decimal("40.1234")),
        Price(PriceBasis.NOI, Decimal("41.07"), Decimal("4.4449")),
        Price(PriceBasis.FFS, Decimal("12.30")),
        Price(PriceBasis.REBATE, Decimal("41.07"), Decimal("0.01")),
    ],
)
def test_every_price_the_rules_allow_fits_the_table_and_comes_back_whole(price):
    line = make.line(make.quote(), price=None)
    line.set_price(price, PriceSource.OVERRIDE, reason="Bid")
    line.save()
    line.refresh_from_db()
    assert line.price == price
    assert line.net_price == price.net


def test_an_override_has_a_reason_and_a_cost_its_date():
    line = make.line(make.quote())
    refuses("quote_line_override_has_reason", set_by_sql(line, price_source="override"))
    refuses("quote_line_cost_with_date", set_by_sql(line, cost_date=None))
    refuses("quote_line_cost_with_date", set_by_sql(line, cost_basis=None))


def test_an_item_stands_once_per_basis_and_quantity_is_above_zero():
    quote, what = make.quote(), make.spec_item()
    make.line(quote, what)
    refuses("item_and_basis_once_per_quote", lambda: make.line(quote, what))
    other = make.line(quote, what, price_basis="ffs")
    refuses("quote_line_quantity_positive", set_by_sql(other, quantity=0))
    refuses("position_once_per_quote", set_by_sql(other, position=1))


def test_only_an_awarded_line_has_a_purchase_order_with_its_date():
    line = make.line(make.quote(status="sent"))
    po = {"po_number": "PO-7", "po_date": date(2026, 6, 1)}
    refuses("quote_line_po_only_when_awarded", set_by_sql(line, **po))
    refuses("quote_line_po_only_when_awarded", set_by_sql(line, award_status="perhaps"))
    set_by_sql(line, **po, award_status="awarded")()
    refuses("quote_line_po_with_date", set_by_sql(line, po_date=None))
    refuses("quote_line_po_with_date", set_by_sql(line, po_number=""))


@pytest.mark.parametrize("status", ["approved", "sent", "accepted", "superseded"])
def test_a_line_of_an_approved_quote_changes_only_in_what_the_customer_answered(status):
    line = make.line(make.quote(status=status))
    line.case_price = line.net_price = Decimal(50)
    with pytest.raises(TypeError, match="revise the quote"):
        line.save()
    with pytest.raises(TypeError, match="revise the quote"):
        line.save(update_fields=["case_price", "award_status"])
    line.award_status = QuoteLine.Award.AWARDED
    line.save(update_fields=["award_status"])
    line.refresh_from_db()
    assert (line.case_price, line.award_status) == (40, "awarded")


def test_a_line_keeps_what_the_item_was():
    what = make.spec_item(cn_number="088123", cn_credit="2.0 oz eq M/MA", servings_per_case=96)
    line = make.line(make.quote(), what)
    SpecItem.objects.filter(pk=what.pk).update(cn_number="1", cn_credit="", servings_per_case=1, pack="new")
    line.refresh_from_db()
    assert {name: getattr(line, name) for name in SPECIFICATION_FIELDS} == {
        name: getattr(what, name) for name in SPECIFICATION_FIELDS
    }


def test_a_total_needs_a_quantity_on_every_line():
    quote = make.quote()
    make.line(quote, price="0.1667", quantity=1000)
    make.line(quote, price="33.335", quantity=3)
    assert quote.total() == Decimal("166.70") + Decimal("100.01")
    make.line(quote, price=1)
    assert quote.total() is None


# -- prices and customers -----------------------------------------------------------------------------------


def test_the_pricing_master_refuses_what_cannot_be():
    row = make.master_price(make.customer(), make.spec_item())
    for price in (0, -1):
        refuses("price_positive", set_by_sql(row, case_price=price))
    refuses("price_pass_through_fits", set_by_sql(row, pass_through_value=1))
    refuses("price_pass_through_fits", set_by_sql(row, price_basis="noi"))
    refuses("price_pass_through_fits", set_by_sql(row, price_basis="noi", pass_through_value=40))
    refuses("price_basis_known", set_by_sql(row, price_basis="cost_plus"))
    refuses("price_cost_with_date", set_by_sql(row, cost_date=None))
    refuses("price_cost_with_date", set_by_sql(row, cost_basis=-1))
    refuses("price_school_year_known", set_by_sql(row, school_year=26))
    refuses("one_price_per", lambda: make.master_price(row.customer, row.spec_item))
    make.master_price(row.customer, row.spec_item, basis="noi", pass_through=4)


def test_customers_contacts_and_programs_refuse_what_cannot_be():
    who = make.customer(contact="food@district.example")
    refuses("customer_status_known", set_by_sql(who, entitystatus="On Hold"))
    refuses(
        "contact_once", lambda: CustomerContact.objects.create(customer=who, name="X", email="FOOD@district.example")
    )
    refuses("quote_contact_has_address", lambda: CustomerContact.objects.create(
        customer=who, name="X", receives_quotes=True
    ))  # fmt: skip
    program = CustomerProgram.objects.create(customer=who, program_code="NSLP")
    refuses("program_once", lambda: CustomerProgram.objects.create(customer=who, program_code="NSLP"))
    CustomerProgram.objects.filter(pk=program.pk).update(deleted_at=now())
    CustomerProgram.objects.create(customer=who, program_code="NSLP")


# -- no float anywhere --------------------------------------------------------------------------------------


def test_no_field_of_quotes_is_a_float():
    every = [field for model in apps.get_app_config("quotes").get_models() for field in model._meta.get_fields()]
    assert not [field for field in every if isinstance(field, models.FloatField)]
    decimals = [field for field in every if isinstance(field, models.DecimalField)]
    assert {field.name for field in decimals} >= {"case_price", "pass_through_value", "net_price", "cost_basis"}
    money = [f for f in decimals if f.name in {"case_price", "pass_through_value", "net_price", "cost_basis"}]
    assert {(field.max_digits, field.decimal_places) for field in money} == {(12, 4)}


def test_no_module_of_quotes_makes_a_float():
    """A number written with a point, or a call of `float`; to name the type in order to refuse it is no use of it."""
    room = Path(inspect.getfile(PricingMaster)).parent.parent
    found = [
        f"{path.relative_to(room)}:{node.lineno}"
        for path in sorted(room.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]
    assert found == []


def test_a_sum_is_the_same_on_every_database():
    """SQLite sums decimals as floats: 1000 times 0.10 is not 100 there. Ours adds rounded lines."""
    quote, what = make.quote(), make.spec_item()
    QuoteLine.objects.bulk_create(
        QuoteLine(
            quote=quote, position=n, spec_item=what, item_code=f"I{n}", price_source="master",
            case_price=Decimal("0.1000"), net_price=Decimal("0.1000"), quantity=Decimal(1),
        )
        for n in range(1, 1001)
    )  # fmt: skip
    assert quote.total() == Decimal("100.00")


def test_a_catalog_holds_an_item_once():
    catalog, what = Catalog.objects.create(code="BKF", name="Breakfast"), make.spec_item()
    CatalogItem.objects.create(catalog=catalog, spec_item=what)
    refuses("item_once", lambda: CatalogItem.objects.create(catalog=catalog, spec_item=what))
