"""The stock lists: as many queries for 200 rows as for 5, no count of whole tables, and imports that say everything."""

import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from approvals.admin import paging
from approvals.clock import now
from inventory.models import AssemblyComponent, Balance, Item, Movement
from inventory.stock.ledger import NewMovement, first_wrong_balance, record_movements
from tests import factories as make

pytestmark = pytest.mark.django_db
CSV, XLSX = "1", "0"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def boss() -> Client:
    return client_of(make.user("boss", superuser=True))


def client_of(person: Any) -> Client:
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def address(model: str, name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:inventory_{model}_{name}", args=args)


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def queries(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


def fill(rows: int) -> None:
    """Items with balances, movements and posted adjustments, each in a zone of its own."""
    for _ in range(min(rows, 30)):
        home = make.zone()
        what = make.stock(1000, home=home, cost=1)
        make.count(home, [(what, 1001)])
    home = make.zone()
    make.count(home, [(make.stock(1000, home=home, cost=1), 1001) for _ in range(rows - 30)] or [(what, 1001)])


MODELS = ("item", "balance", "movement", "adjustment", "countline", "zone", "location")


@pytest.mark.slow
def test_every_list_takes_as_many_queries_for_200_rows_as_for_5(boss):
    fill(5)
    for model in MODELS:
        queries(boss, address(model))
    few = {model: len(queries(boss, address(model))) for model in MODELS}
    fill(195)
    cache.clear()
    many = {model: len(queries(boss, address(model))) for model in MODELS}
    assert {m: many[m] - few[m] for m in MODELS} == dict.fromkeys(MODELS, 0) | {"zone": many["zone"] - few["zone"]}
    assert many["zone"] - few["zone"] <= 1, "the zones' figures come from the cache, or from one query"


def test_long_tables_are_never_counted_whole(boss, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    home = make.zone()
    what = make.stock(1000, home=home)
    for _ in range(6):
        make.move(what, -1, home=home)
    answer = boss.get(address("movement"))
    assert "of more than" in text_of(answer)
    for model in ("movement", "balance"):
        counts = [sql for sql in queries(boss, address(model)) if "COUNT(" in sql.upper()]
        assert counts
        assert all("LIMIT 4" in sql for sql in counts), counts


def test_movements_are_found_by_item_through_the_small_table(boss):
    home = make.zone()
    pears = make.stock(10, home=home, code="PEAR-1", description="Pears in juice")
    make.stock(10, home=home, code="PLUM-1")
    asked = queries(boss, address("movement") + "?q=juice")
    assert not any("inventory_movement" in sql and "LIKE" in sql.upper() for sql in asked)
    shown = text_of(boss.get(address("movement") + "?q=juice"))
    assert pears.item_code in shown
    assert "PLUM-1" not in shown


def test_a_balance_shows_its_last_movements(boss):
    home = make.zone()
    what = make.stock(10, home=home)
    record_movements(
        [NewMovement(what.pk, Decimal(-3), "shipment", now(), "SO-42")], location=home.location, source="test"
    )
    shown = text_of(boss.get(address("balance", "change", Balance.objects.get().pk)))
    assert "SO-42" in shown
    assert "-3" in shown


# -- import and export --------------------------------------------------------------------------------------


def upload(client: Client, model: str, text: str | bytes, kind: str = CSV) -> Any:
    content = text.encode() if isinstance(text, str) else text
    name = "items.csv" if kind == CSV else "items.xlsx"
    form = {"import_file": SimpleUploadedFile(name, content), "format": kind, "resource": ""}
    return client.post(address(model, "import"), form)


def confirm(client: Client, model: str, preview: Any) -> Any:
    form = preview.context["confirm_form"]
    return client.post(address(model, "process_import"), {field.html_name: field.value() or "" for field in form})


def run_import(client: Client, model: str, text: str | bytes, kind: str = CSV) -> None:
    preview = upload(client, model, text, kind)
    assert "confirm_form" in preview.context, text_of(preview)
    answer = confirm(client, model, preview)
    assert answer.status_code == 302, text_of(answer)


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_preview_stores_nothing_and_the_confirmation_does(boss):
    preview = upload(boss, "item", "item_code,description,unit\n00417,Pears,case\n")
    assert "00417" in text_of(preview)
    assert not Item.objects.exists()
    confirm(boss, "item", preview)
    assert Item.objects.get().item_code == "00417"


def test_codes_stay_text_whatever_the_file_made_of_them(boss):
    rows = workbook(["item_code", "unit"], ["00417", "each"], [120805, "each"], [120806.0, "each"], ["a-1B", "each"])
    run_import(boss, "item", rows, XLSX)
    assert set(Item.objects.values_list("item_code", flat=True)) == {"00417", "120805", "120806", "a-1B"}


def test_every_problem_is_listed_at_once_with_its_row_and_nothing_is_stored(boss):
    text = "item_code,unit,avg_cost\n1.2E+11,each,1\n,each,1\nOK-1,each,cheap\nOK-2,each,-4\nOK-3,each,2\n"
    shown = text_of(upload(boss, "item", text))
    assert "Nothing was imported" in shown
    assert "scientific notation" in shown
    assert "The item code is empty" in shown
    assert "“cheap” is not a number" in shown
    assert "Row 4" in shown
    assert "greater than or equal to 0" in shown
    assert "Traceback" not in shown
    assert not Item.objects.exists()


def test_a_file_without_codes_is_refused_in_a_sentence(boss):
    shown = text_of(upload(boss, "item", "description\nPears\n"))
    assert "item_code" in shown
    assert "Traceback" not in shown
    assert 'File "' not in shown


def test_an_unchanged_row_is_skipped_and_writes_no_history(boss):
    text = "item_code,description,unit,case_pack,avg_cost,abc_class,is_active\n00417,Pears,case,6,12.5,A,1\n"
    run_import(boss, "item", text)
    item = Item.objects.get()
    assert item.history.count() == 1
    run_import(boss, "item", text)
    assert item.history.count() == 1
    run_import(boss, "item", text.replace("12.5", "12.6"))
    assert [row.avg_cost for row in item.history.all()] == [Decimal("12.6"), Decimal("12.5")]
    assert item.history.first().history_user.username == "boss"


def test_a_column_left_out_changes_nothing(boss):
    Item.objects.create(item_code="A", description="Pears", avg_cost=3)
    run_import(boss, "item", "item_code,unit\nA,case\n")
    item = Item.objects.get()
    assert (item.unit, item.description, item.avg_cost) == ("case", "Pears", 3)


def test_an_export_can_be_imported_again_and_is_escaped(boss):
    Item.objects.create(item_code="-A", description="=1+1", avg_cost="2.5")
    exported = boss.post(address("item", "export"), {"format": CSV, "resource": ""}).content.decode()
    assert "'-A,'=1+1,each," in exported
    run_import(boss, "item", exported)
    item = Item.objects.get()
    assert (item.item_code, item.description) == ("-A", "=1+1")
    assert item.history.count() == 1


def test_an_export_to_excel_keeps_numbers_as_numbers(boss):
    make.stock(-5, home=make.zone("A"), code="00417")
    answer = boss.post(address("balance", "export"), {"format": XLSX, "resource": ""})
    headers, cells = load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    found = {head.value: (cell.value, cell.data_type) for head, cell in zip(headers, cells, strict=True)}
    assert found["item_code"] == ("00417", "s")
    assert found["quantity"] == (-5, "n")


def test_opening_stock_goes_through_the_ledger_once(boss):
    home = make.zone("A")
    make.item("00417")
    text = "item_code,location,zone,bin,quantity\n00417,MAIN,A,A-01,40\n"
    run_import(boss, "balance", text)
    balance = Balance.objects.get()
    assert (balance.quantity_on_hand, balance.zone, balance.bin) == (40, home, "A-01")
    movement = Movement.objects.get()
    assert (movement.kind, movement.delta, movement.recorded_by.username) == ("opening", 40, "boss")
    run_import(boss, "balance", text)
    assert Movement.objects.count() == 1, "the same opening again changes nothing"
    assert first_wrong_balance() is None
    shown = text_of(upload(boss, "balance", text.replace(",40", ",41")))
    assert "has stock at MAIN already" in shown
    assert "Count it to correct it" in shown


def test_opening_stock_names_what_is_unknown(boss):
    make.zone("A")
    make.item("00417")
    text = "item_code,location,zone,quantity\nNOPE,MAIN,A,1\n00417,MOON,A,1\n00417,MAIN,ZZ,1\n00417,MAIN,A,1.5\n"
    shown = text_of(upload(boss, "balance", text))
    for said in ("Item “NOPE”", "Location “MOON”", "Zone “ZZ”", "comes in whole units"):
        assert said in shown
    assert not Balance.objects.exists()


def test_imports_are_for_those_who_may_change_items_and_balances(boss):
    client = client_of(make.user("", "approver"))
    for model in ("item", "balance", "zone", "location"):
        assert client.get(address(model, "import")).status_code == 403


def test_too_many_rows_for_a_preview_are_refused_in_a_sentence(boss):
    text = "item_code,unit\n" + "".join(f"I{number},each\n" for number in range(2001))
    shown = text_of(upload(boss, "item", text))
    assert "The file has 2,001 rows" in shown


def test_a_bill_of_materials_is_edited_on_its_assembly(boss):
    kit, part = make.item("KIT"), make.item("PART")
    form = {
        "description": "Kit", "unit": "each", "abc_class": "C", "is_active": "on", "avg_cost": "3",
        "bill_of_materials-TOTAL_FORMS": "1", "bill_of_materials-INITIAL_FORMS": "0",
        "bill_of_materials-0-component": part.pk, "bill_of_materials-0-quantity": "2",
        "bill_of_materials-0-assembly": kit.pk,
    }  # fmt: skip
    assert boss.post(address("item", "change", kit.pk), form).status_code == 302
    assert AssemblyComponent.objects.get().quantity == 2
    kit.refresh_from_db()
    assert kit.item_code == "KIT", "the code is fixed once given"


def test_the_zones_show_how_much_of_them_was_counted_in_time(boss):
    home = make.zone("A")
    old, new = make.stock(5, home=home), make.stock(5, home=home)
    make.count(home, [(old, 5), (new, 5)])
    Balance.objects.filter(item=old).update(last_counted_at=now() - timedelta(days=45))
    cache.clear()
    shown = text_of(boss.get(address("zone")))
    assert "50 %" in shown
    assert "45 days ago" in shown


def test_counts_are_exported_with_their_sheet_and_without_money_for_those_who_may_not_see_it(boss):
    sheet, what, home = make.disputed_count()
    text = boss.post(address("countline", "export"), {"format": CSV, "resource": ""}).content.decode()
    head, row = text.splitlines()
    found = dict(zip(head.split(","), row.split(","), strict=False))
    assert (found["sheet"], found["item_code"], found["zone"]) == (sheet.code, what.item_code, home.code)
    assert Decimal(found["variance_value"]) == 1470
    money = Permission.objects.get(content_type__app_label="inventory", codename="view_cost")
    Group.objects.get(name="auditor").permissions.remove(money)
    auditor = client_of(make.user("", "auditor"))
    text = auditor.post(address("countline", "export"), {"format": CSV, "resource": ""}).content.decode()
    assert sheet.code in text
    assert "1470" not in text
    counter = client_of(make.user("", "counter"))
    assert counter.get(address("countline", "export")).status_code == 403
    assert counter.get(address("countline")).status_code == 403


def test_no_filter_in_the_address_tells_a_cost_to_those_who_may_not_see_it(boss):
    make.item("00417", cost="33.77")
    integrator = client_of(make.user("", "integrator"))
    for query in ("avg_cost__gte=33", "avg_cost=33.77", "avg_cost__isnull=0"):
        assert integrator.get(f"{address('item')}?{query}").status_code in {302, 400}
        assert boss.get(f"{address('item')}?{query}").status_code == 200
