"""The command: the document's table, or one JSON answer; exit code 0 when done, 2 when refused."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from approvals.clock import at
from inventory.models import DayEndReport
from tests import factories as make
from tests.day_end.conftest import local
from tests.day_end.finding import found, synced

pytestmark = pytest.mark.django_db


def run(*args):
    """(what was printed, exit code)"""
    out = StringIO()
    try:
        with at(local(11, 23, 17)):
            call_command("end_of_day_report", *args, stdout=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


@pytest.fixture
def sold(shop):
    label = shop.keeps("TBALWBL0009N", 1000, description="Label")
    shop.sells(local(11, 23, 9), (label, 200))
    found(synced(shop.location), shop.keeps("TBALTAG0363N", 250), "review", 300, 250)
    return shop


def test_the_documents_table_is_printed_and_nothing_is_made_twice(sold):
    printed, code = run()
    assert code == 0
    assert "Orders Processed: 1" in printed
    assert "TBALWBL0009N |     1000 |  200 |       800" in printed
    assert "TBALTAG0363N: Excel says 300, the system 250. Please verify the physical stock." in printed
    assert run() == (printed, 0)
    assert DayEndReport.objects.count() == 1


def test_json_is_one_answer(sold):
    printed, code = run("--json")
    answer = json.loads(printed)
    assert code == 0
    assert (answer["business_date"], answer["errors"]) == ("2026-11-23", [])
    [report] = answer["reports"]
    assert (report["location"], report["orders_processed"], report["note"]) == ("MAIN", 1, "")
    assert report["updates"] == [
        {
            "item_code": "TBALWBL0009N", "description": "Label", "unit": "each",
            "previous": "1000", "sold": "200", "remaining": "800", "since": "",
        }
    ]  # fmt: skip
    assert [row["item_code"] for row in report["discrepancies"]] == ["TBALTAG0363N"]


def test_a_past_day_and_one_place_by_name(sold):
    make.zone("E", "EAST")
    printed, code = run("--date", "2026-11-20", "--location", "EAST", "--by", make.user("clerk", "counter").username)
    assert code == 0
    assert "DAILY INVENTORY REPORT - 2026-11-20 - EAST East" in printed
    report = DayEndReport.objects.get()
    assert (report.business_date, str(report.made_by)) == (date(2026, 11, 20), "clerk")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--location", "NORTH"], "There is no location NORTH. Locations: MAIN."),
        (["--date", "2026-11-24"], "2026-11-24 is still to come."),
        (["--by", "nobody"], "There is no active user “nobody”."),
        (["--by", "looker"], "looker may not make end-of-day reports."),
    ],
)
def test_a_refusal_is_exit_code_two_with_the_cure(sold, arguments, told):
    make.user("looker", "auditor")
    printed, code = run(*arguments)
    assert code == 2
    assert told in printed
    answer, code = run(*arguments, "--json")
    assert code == 2
    assert told in json.loads(answer)["errors"][0]["message"]
    assert not DayEndReport.objects.exists()


def test_a_date_that_is_none_is_told(sold):
    with pytest.raises(CommandError, match="is not a date such as 2026-11-02"):
        run("--date", "20.11.2026")


def test_nothing_owed_is_said(db):
    printed, code = run()
    assert code == 0
    assert printed.strip() == ("No report is owed for 2026-11-23: no stock is kept in Excel, and there were no orders.")
