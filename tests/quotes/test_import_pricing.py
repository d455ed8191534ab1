"""import_pricing: every row accounted for, every problem at once, nothing stored on error or in a dry run."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from approvals.refusals import Refused
from quotes.models import PricingMaster
from quotes.price_import.operation import import_pricing
from tests.inventory.spreadsheets import comma_separated, workbook
from tests.quotes import factories as make

pytestmark = pytest.mark.django_db
HEADING = ("Customer", "Item code", "School year", "Basis", "Case price", "Pass-through value", "Cost", "Cost date")
ROW = ("ELM", "004417", "2026-27", "commercial", "42.50", "", "31.2000", "2026-05-01")


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(*rows: Any, name: str = "prices.csv") -> str:
        path = tmp_path / name
        path.write_bytes(workbook(*rows) if name.endswith("xlsx") else comma_separated(*rows))
        return str(path)

    return write


@pytest.fixture(autouse=True)
def district_and_item() -> None:
    make.customer("ELM")
    make.spec_item("004417")


def imported(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_pricing", *words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def refused(path: str) -> list[dict[str, Any]]:
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("import_pricing", path, "--json", stdout=out)
    assert failure.value.returncode == 2
    answer = json.loads(out.getvalue())
    assert (answer["created"], answer["updated"]) == (0, 0)
    found: list[dict[str, Any]] = answer["errors"]
    return found


def changed(**columns: str) -> tuple[str, ...]:
    """ROW with other cells, named by their first words."""
    names = dict(zip(("customer", "item", "year", "basis", "price", "value", "cost", "day"), ROW, strict=True))
    return tuple((names | columns).values())


def test_a_price_is_created_exactly_as_written(file):
    figures = imported(file(HEADING, ROW))
    assert (figures["rows_read"], figures["created"]) == (1, 1)
    price = PricingMaster.objects.get()
    assert (price.customer.code, price.spec_item.item_code, price.school_year) == ("ELM", "004417", 2026)
    assert (price.case_price, price.cost_basis, str(price.cost_date)) == (42.5, Decimal("31.2"), "2026-05-01")


def test_an_excel_file_with_numbers_dates_and_dollars_reads_the_same(file):
    rows = [
        ("ELM", "004417", "SY26-27", "Net off invoice (NOI)", 42.5, "$4.0305", 31.2, date(2026, 5, 1)),
        ("ELM", "004417", "2026/2027", "", "1,042.50", "", "", ""),
    ]
    assert imported(file(HEADING, *rows, name="prices.xlsx"))["created"] == 2
    noi = PricingMaster.objects.get(price_basis="noi")
    assert (noi.price.net, noi.cost_basis) == (Decimal("38.4695"), Decimal("31.2"))
    assert PricingMaster.objects.get(price_basis="commercial").case_price == Decimal("1042.5")


def test_the_same_file_again_writes_nothing_and_a_change_keeps_the_old_value(file):
    imported(file(HEADING, ROW))
    assert imported(file(HEADING, ROW))["unchanged"] == 1
    assert PricingMaster.history.count() == 1
    figures = imported(file(HEADING, changed(price="43.00", cost="", day=""), name="march.csv"))
    assert figures["updated"] == 1
    assert [(c["before"], c["after"]) for c in figures["changed_prices"]] == [("42.50", "43.00")]
    price = PricingMaster.objects.get()
    assert price.cost_basis == Decimal("31.2"), "an empty cell leaves a value as it is"
    entries = price.history.order_by("history_id")
    assert [entry.case_price for entry in entries] == [Decimal("42.5"), Decimal("43")]
    assert "march.csv" in entries.last().history_change_reason


def test_a_dry_run_says_what_would_change_and_stores_nothing(file):
    figures = imported(file(HEADING, ROW), "--dry-run")
    assert (figures["created"], figures["dry_run"]) == (1, True)
    assert not PricingMaster.objects.exists()
    out = StringIO()
    call_command("import_pricing", file(HEADING, ROW), "--dry-run", stdout=out)
    assert "1 prices would be created" in out.getvalue()
    assert "nothing was stored" in out.getvalue()


WRONG = {
    "customer “OAK” does not exist": changed(customer="OAK"),
    "spec item “4417” does not exist": changed(item="4417"),
    "2025-26 or 2026-27": changed(year="2026"),
    "no price basis": changed(basis="cost plus"),
    "above zero": changed(price="0", year="2023-24"),
    "no amount of dollars": changed(price="forty"),
    "“-5” is no amount": changed(basis="FFS", price="-5"),
    "more than four decimals": changed(basis="ffs", price="1.00001"),
    "needs the pass-through value": changed(basis="NOI"),
    "leaves nothing": changed(basis="rebate", value="42.50"),
    "has no pass-through value": changed(value="1", year="2022-23"),
    "needs the day": changed(day="", year="2021-22"),
    "without a cost": changed(cost="", year="2025-26"),
    "is no date": changed(day="spring", year="2024-25"),
    "is on row 2": ROW,
}


def test_every_problem_is_listed_at_once_with_its_row_and_nothing_is_stored(file):
    errors = refused(file(HEADING, changed(), *WRONG.values()))
    said = {error["row"]: error["message"] for error in errors}
    expected = dict(enumerate(WRONG, start=3))
    assert {row: sentence for row, sentence in expected.items() if sentence not in said.get(row, "")} == {}
    assert set(said) == set(expected)
    assert all(
        message.startswith(f"Sheet “prices”, row {row}") or f"row {row}" in message for row, message in said.items()
    )
    assert not PricingMaster.objects.exists()


def test_a_price_that_stops_fitting_its_stored_pass_through_is_refused(file):
    make.master_price(make.customer("OAK"), make.spec_item("X1"), 40, basis="noi", pass_through=10)
    cells = {"customer": "OAK", "item": "X1", "basis": "noi", "cost": "", "day": ""}
    assert "leaves nothing" in refused(file(HEADING, changed(**cells, price="9")))[0]["message"]


def test_the_number_of_queries_does_not_grow_with_the_rows(file, django_assert_max_num_queries):
    for n in range(150):
        make.spec_item(f"I{n:03d}")
    rows = [changed(item=f"I{n:03d}") for n in range(150)]
    with django_assert_max_num_queries(25):
        assert imported(file(HEADING, *rows))["created"] == 150
    with django_assert_max_num_queries(25):
        dearer = [changed(item=f"I{n:03d}", price="43") for n in range(150)]
        assert imported(file(HEADING, *dearer))["updated"] == 150


def test_who_may_not_see_costs_may_not_import_them(file):
    content = comma_separated(HEADING, ROW)
    with pytest.raises(Refused, match="“Cost” is refused"):
        import_pricing(content=content, file_name="prices.csv", may_see_cost=False)
    bare = comma_separated(HEADING[:6], ROW[:6])
    import_pricing(content=bare, file_name="prices.csv", may_see_cost=False)
    assert PricingMaster.objects.get().cost_basis is None


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_pricing", str(tmp_path / "nowhere.csv"))
    letter = tmp_path / "letter.csv"
    letter.write_text("Dear Sir\n", encoding="utf-8")
    with pytest.raises(CommandError) as failure:
        call_command("import_pricing", str(letter))
    assert failure.value.returncode == 2
