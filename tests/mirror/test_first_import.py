"""A new installation filled from NetSuite, by the command, against a real simulator process."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import AuditEntry
from inventory.mirror.mirroring import mirror_netsuite
from inventory.models import Balance, Item, Location, Movement
from inventory.stock.ledger import first_wrong_balance
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(simulator):
    simulator.control.seed(
        locations=[
            {"id": "5", "name": "MAIN"},
            {"id": "6", "name": "East warehouse, second floor"},
            {"id": "7", "name": "CLOSED", "inactive": True},
        ],
        items=[
            {"id": "77", "itemid": "000123", "displayname": "Apple juice", "unit": "Case", "average_cost": "12.5"},
            {"id": "78", "itemid": "FLOUR", "unit": "lb"},
            {"id": "79", "itemid": "OLD-STOCKED", "inactive": True},
            {"id": "80", "itemid": "OLD-GONE", "inactive": True},
            {"id": "81", "itemid": "HAULAGE", "itemtype": "Service"},
            {"id": "82", "itemid": "NEVER-CAME"},
        ],
        balances=[
            {"item": "000123", "location": "MAIN", "quantity": "40"},
            {"item": "000123", "location": {"id": "6"}, "quantity": "2"},
            {"item": "FLOUR", "location": "MAIN", "quantity": "2.5"},
            {"item": "OLD-STOCKED", "location": "MAIN", "quantity": "1"},
            {"item": "NEVER-CAME", "location": "MAIN", "quantity": "0"},
            {"item": "000123", "location": "CLOSED", "quantity": "9"},
        ],
    )
    return simulator


def run(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_from_netsuite", "--json", *words, stdout=out)
    return dict(json.loads(out.getvalue()))


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("import_from_netsuite", *words, stdout=StringIO())
    assert caught.value.returncode == 2
    assert str(caught.value).startswith("Nothing was stored.")
    return str(caught.value)


def everything() -> list[Any]:
    models = (Item, Location, Balance, Movement, AuditEntry)
    histories: list[Any] = [Item.history, Location.history]
    return [list(manager.order_by("pk").values()) for manager in [*(m.objects for m in models), *histories]]


def test_a_dry_run_says_everything_and_stores_nothing(account):
    before = everything()
    figures = run("--dry-run")
    assert everything() == before
    assert (figures["dry_run"], figures["stored"], figures["problems"]) == (True, False, [])
    assert figures["locations"] == {"created": 2, "changed": 0, "left_alone": 0, "skipped": 1}
    assert figures["items"] == {"created": 4, "changed": 0, "left_alone": 0, "skipped": 1}
    assert figures["balances"]["created"] == 4
    assert figures["quantity_opened"] == "45.5"
    out = StringIO()
    call_command("import_from_netsuite", "--dry-run", stdout=out)
    assert "+ 000123 Apple juice" in out.getvalue()
    assert "4 would be created" in out.getvalue()
    assert "+ 000123 at MAIN: 40" in out.getvalue()


def test_the_real_run_stores_what_the_dry_run_said_and_the_mirror_agrees(account):
    said = run("--dry-run")
    done = run()
    assert done == said | {"dry_run": False, "stored": True}
    juice, flour = Item.objects.get(item_code="000123"), Item.objects.get(item_code="FLOUR")
    assert (juice.description, juice.unit, juice.avg_cost, juice.netsuite_id) == (
        "Apple juice",
        "Case",
        Decimal("12.5"),
        "77",
    )
    assert (flour.avg_cost, flour.allows_fractions) == (None, True)
    assert not Item.objects.get(item_code="OLD-STOCKED").is_active
    assert set(Location.objects.values_list("code", "netsuite_id")) == {("MAIN", "5"), ("East warehouse, seco", "6")}
    assert Balance.objects.get(item=juice, location__code="MAIN").quantity_on_hand == 40
    assert set(Movement.objects.values_list("kind", "source")) == {("opening", "netsuite")}
    assert first_wrong_balance() is None
    assert juice.history.get().history_change_reason == "First import from NetSuite"
    report = mirror_netsuite()
    assert (report.states, report.outside) == ({"equal": 4}, ["CLOSED"])


def test_a_second_run_changes_nothing(account):
    run()
    before = everything()
    again = run()
    assert everything() == before
    assert again["items"] == {"created": 0, "changed": 0, "left_alone": 4, "skipped": 1}
    assert again["balances"]["left_alone"] == 4
    assert again["quantity_opened"] == "0"


def test_stock_that_moved_here_is_never_overwritten(account):
    run()
    main = Location.objects.get(code="MAIN")
    juice = Item.objects.get(item_code="000123")
    make.move(juice, -7, home=make.zone("A", location="MAIN"))
    account.control.seed(
        balances=[
            {"item": "000123", "location": "MAIN", "quantity": "35"},
            {"item": "FLOUR", "location": "MAIN", "quantity": "3.5"},
        ]
    )
    figures = run()
    assert Balance.objects.get(item=juice, location=main).quantity_on_hand == 33
    assert Balance.objects.get(item__item_code="FLOUR", location=main).quantity_on_hand == Decimal("2.5")
    assert figures["notes"] == [
        "FLOUR at MAIN began with 2.5 and NetSuite now says 3.5: left alone. The mirror proposes a correction."
    ]


def test_what_is_here_already_is_linked_and_told_change_by_change(account):
    make.item("000123", cost=9, description="Juice", unit="each", barcode="0042")
    Location.objects.create(code="main", name="Our warehouse")
    out = StringIO()
    call_command("import_from_netsuite", stdout=out)
    assert "~ 000123: description Juice → Apple juice, unit each → Case" in out.getvalue()
    assert "~ main: NetSuite id – → 5" in out.getvalue()
    juice = Item.objects.get(item_code="000123")
    assert (juice.avg_cost, juice.netsuite_id, juice.barcode) == (Decimal("12.5"), "77", "0042")
    assert Location.objects.get(netsuite_id="5").name == "Our warehouse"
    assert juice.history.count() == 2


def test_every_problem_is_told_at_once_and_nothing_is_stored(account):
    make.item("000123", netsuite_id="12")
    make.item("BREAD", netsuite_id="78")
    make.item("OLD-STOCKED", unit="each")
    Location.objects.create(code="MAIN", netsuite_id="4")
    Location.objects.create(code="east warehouse, seco")
    account.control.seed(
        items=[{"id": "90", "itemid": "X" * 61}, {"id": "91", "itemid": "LONGUNIT", "unit": "a very long unit indeed"}],
        balances=[{"item": "NEVER-CAME", "location": {"id": "6"}, "quantity": "-3"}],
    )
    before = everything()
    said = refused()
    for words in (
        "Location MAIN has NetSuite id 4 here",
        "would get the code “East warehouse, seco”",
        "Item 000123 has NetSuite id 12 here and 77 there",
        "NetSuite's item 78 is called FLOUR there and BREAD here",
        "a code has 1 to 60 characters",
        "Item LONGUNIT: the unit",
    ):
        assert words in said
    assert everything() == before
    assert refused("--dry-run") == said


def test_stock_that_cannot_open_is_a_problem(account):
    make.item("FLOUR", unit="bag")
    account.control.seed(balances=[{"item": "NEVER-CAME", "location": "MAIN", "quantity": "-3"}])
    said = refused("--dry-run")
    assert "FLOUR at MAIN is 2.5 in NetSuite, but bag comes in whole units here" in said
    assert "NEVER-CAME at MAIN is -3 in NetSuite" in said


def test_only_the_places_asked_for_come_in(account):
    figures = run("--location", "MAIN")
    assert figures["locations"]["created"] == 1
    assert set(Balance.objects.values_list("location__code", flat=True)) == {"MAIN"}
    assert "NetSuite has no location “NOWHERE”" in refused("--location", "NOWHERE")


def test_an_account_without_units_of_measure_still_comes_in(account):
    """There `stockunit` is no field, and NetSuite refuses the query that names it."""
    account.control.add_fault("feature_off", route="suiteql", value="stockunit", count=None)
    run()
    assert Item.objects.get(item_code="000123").unit == "each"


def test_when_netsuite_cannot_be_read_nothing_is_stored(account, settings):
    account.control.add_fault("permission_drop", route="suiteql", count=None)
    assert "NetSuite showed no items" in refused()
    account.control.clear_faults()
    account.control.revoke_token()
    assert "Invalid login" in refused()
    assert "NetSuite refused our login" in refused()
    assert len(account.control.audit_trail()) == 1
    settings.NETSUITE_TOKEN = ""
    assert "NETSUITE_TOKEN is empty" in refused()


def test_the_number_of_statements_does_not_grow_with_the_items(account):
    def add(start: int, count: int) -> int:
        numbers = range(start, start + count)
        account.control.seed(
            items=[{"itemid": f"I{n:04}"} for n in numbers],
            balances=[{"item": f"I{n:04}", "location": "MAIN", "quantity": "3"} for n in numbers],
        )
        with CaptureQueriesContext(connection) as caught:
            run()
        return len(caught)

    run()
    assert add(0, 3) == add(3, 60)
