"""A file is read and checked, shown as what it would become, and confirmed once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from approvals.refusals import Refused
from inventory.counting.planning import plan_sheet
from inventory.counting.submission import CountRefused
from inventory.counting.uploads import (
    confirm_upload,
    discard_upload,
    preview_of,
    receive_typed,
    receive_upload,
)
from inventory.models import CountLine, CountSheet, Movement, Upload
from inventory.uploads.stored import reading_of
from tests import factories as make
from tests.inventory.spreadsheets import comma_separated, workbook, workbook_of

pytestmark = pytest.mark.django_db
HEADING = ("Item code", "Description", "Counted")


@pytest.fixture
def home(db):
    return make.zone("A")


@pytest.fixture
def counter(db):
    return make.user("", "counter")


def sheet_of(*counts):
    return workbook(HEADING, *[(code, "", counted) for code, counted in counts])


def receive(content, home, by, **more):
    given = {"file_name": "walk.xlsx", "counted_at": now(), **more}
    return receive_upload(content=content, zone=home, by=by, **given)


def messages(upload):
    return [error.message for error in reading_of(upload).errors]


def test_a_sound_file_is_previewed_with_what_each_row_becomes(home, counter):
    make.ballast(home)
    make.stock(142, home=home, cost=35, code="A1")
    make.stock(100, home=home, cost=1, code="A2")
    make.stock(5, home=home, code="A3")
    make.stock(7, home=home, code="00042")
    upload = receive(sheet_of(("A1", 184), ("A2", 101), ("A3", None), ("00042", 7)), home, counter)
    assert upload.status == Upload.Status.PREVIEWED
    assert default_storage.exists(upload.file.name)
    shown = preview_of(upload, show_expected=True)
    assert [(row.line.item_code, row.outcome) for row in shown.rows] == [
        ("A1", "needs_review"),
        ("A2", "needs_review"),
        ("A3", "not_counted"),
        ("00042", "match"),
    ]
    first = shown.rows[0]
    assert (first.expected, first.variance, first.variance_pct, first.variance_value) == (
        Decimal(142),
        Decimal(42),
        Decimal("29.5775"),
        Decimal("1470.00"),
    )
    assert shown.confirm_label == "Confirm: 3 lines, 2 go to the approver"
    assert len(shown.missing) == 1  # the ballast is at home in the zone, but not in the file
    assert not CountSheet.objects.exists()


def test_the_preview_says_what_confirming_then_does(home, counter):
    make.ballast(home)
    items = [make.stock(100, home=home, cost=n, code=f"B{n}") for n in range(1, 30)]
    counts = [(item.item_code, 100 + (n % 4) - 1) for n, item in enumerate(items)]
    upload = receive(sheet_of(*counts), home, counter)
    shown = preview_of(upload, show_expected=True)
    sheet = confirm_upload(upload=upload, by=counter, source="upload")
    lines = CountLine.objects.filter(sheet=sheet, is_on_sheet=True).select_related("item")
    stored = {line.item.item_code: (line.classification, line.why, line.variance_value) for line in lines}
    assert {row.line.item_code: (row.outcome, row.why, row.variance_value) for row in shown.rows} == stored
    assert shown.comparison is not None
    assert round(shown.comparison.gross_value, 2) == sheet.gross_value
    assert sum(shown.tally().values()) == 29


def test_the_zone_guardrail_is_part_of_the_preview(home, counter):
    """Lines within their own limits all go to a human when the zone's sum is too large."""
    for n in range(20):
        make.stock(10_000, home=home, cost=1, code=f"C{n}")
    upload = receive(sheet_of(*[(f"C{n}", 10_030) for n in range(20)]), home, counter)
    assert preview_of(upload, show_expected=True).tally()["needs_review"] == 20


def test_goods_that_moved_after_the_walk_are_no_variance(home, counter):
    what = make.stock(100, home=home, code="A1")
    make.move(what, -30, home=home)
    upload = receive(sheet_of(("A1", 100)), home, counter, counted_at=now() - timedelta(hours=1))
    (row,) = preview_of(upload, show_expected=True).rows
    assert (row.outcome, row.expected) == ("match", Decimal(100))


def test_who_counts_blind_is_told_nothing_that_was_computed_from_expected(home, counter):
    make.stock(142, home=home, cost=35, code="A2")
    make.stock(10, home=home, code="A1")
    upload = receive(sheet_of(("A1", 10), ("A2", 184)), home, counter)
    shown = preview_of(upload, show_expected=False)
    assert [row.line.item_code for row in shown.rows] == ["A1", "A2"]  # file order, not differences first
    assert {(row.outcome, row.why, row.expected, row.variance_value) for row in shown.rows} == {
        ("counted", "", None, None)
    }
    assert shown.comparison is None
    assert shown.confirm_label == "Confirm: 2 lines counted"


def test_all_errors_come_at_once_and_nothing_is_kept_but_the_reason(home, counter):
    make.stock(5, home=home, code="A1")
    make.stock(5, home=home, code="A2", unit="case")
    content = sheet_of(("A1", -3), ("A2", 2.5), ("NOPE", 4), ("A1", 5))
    upload = receive(content, home, counter)
    assert upload.status == Upload.Status.REFUSED
    assert not upload.file
    places = [(error.sheet, error.row, error.column) for error in reading_of(upload).errors]
    assert sorted(places) == [
        ("Count", 2, "A"),
        ("Count", 2, "C"),
        ("Count", 3, "C"),
        ("Count", 4, "A"),
        ("Count", 5, "A"),
    ]
    assert [row for _, row, _ in places] == [2, 2, 3, 4, 5]  # in file order
    said = " ".join(messages(upload))
    assert "negative" in said
    assert "Row 3: item A2 says 2.5, but case comes in whole units." in said
    assert "Row 4: item code “NOPE” is not in the catalogue." in said
    reading = reading_of(upload)
    assert reading.lines == ()
    assert (reading.total("rows_in"), reading.total("refused"), reading.total("counted")) == (4, 4, 0)
    assert upload.reason.count("\n") == 4


def test_rows_in_are_rows_out(home, counter):
    for n in range(4):
        make.stock(5, home=home, code=f"A{n}")
    content = workbook_of(
        {
            "Front": [("Walk of Monday",), HEADING, ("A0", "", 5), ("A1", "", None), ("Total", "", 5)],
            "Back": [HEADING, ("A2", "", 5), ("A3", "", 0)],
        }
    )
    reading = reading_of(receive(content, home, counter))
    assert [(s.name, s.rows_in, s.counted, s.refused, s.not_counted) for s in reading.sheets] == [
        ("Front", 2, 1, 0, 1),
        ("Back", 2, 2, 0, 0),
    ]
    assert [(row, why) for row, why, _ in reading.sheets[0].ignored] == [(1, "title"), (5, "subtotal")]


def test_lots_of_one_item_are_put_together_where_everyone_sees_it(home, counter):
    make.stock(42, home=home, code="A1")
    content = workbook(("Item code", "Lot", "Counted"), ("A1", "L1", 30), ("A1", "L2", 12))
    upload = receive(content, home, counter)
    shown = preview_of(upload, show_expected=True)
    (row,) = shown.rows
    assert (row.line.counted, row.line.read, row.line.place) == (
        Decimal(42),
        "30 (L1) + 12 (L2)",
        "Rows 2, 3",
    )
    assert row.outcome == "match"
    assert any("30 (lot L1) + 12 (lot L2) = 42" in warning for warning in shown.warnings)


def test_the_same_bytes_are_refused_and_point_to_the_first_sheet(home, counter):
    make.stock(5, home=home, code="A1")
    content = sheet_of(("A1", 5))
    first = confirm_upload(upload=receive(content, home, counter), by=counter, source="upload")
    again = receive(content, home, counter)
    assert again.status == Upload.Status.REFUSED
    assert reading_of(again).first_sheet == first.code
    assert first.code in again.reason


def test_the_same_counts_saved_again_in_another_order_are_pointed_out(home, counter):
    make.stock(5, home=home, code="A1")
    make.stock(6, home=home, code="A2")
    sheet = confirm_upload(upload=receive(sheet_of(("A1", 5), ("A2", 6)), home, counter), by=counter, source="upload")
    again = receive(comma_separated(("sku", "qty"), ("A2", "6.0"), ("A1", "5")), home, counter)
    assert again.status == Upload.Status.PREVIEWED
    assert any(f"the same as on sheet {sheet.code}" in warning for warning in reading_of(again).warnings)
    other = receive(comma_separated(("sku", "qty"), ("A2", "6"), ("A1", "4")), home, counter)
    assert not reading_of(other).warnings


def test_confirming_twice_counts_once(home, counter):
    what = make.stock(100, home=home, cost=1, code="A1")
    make.ballast(home)
    upload = receive(sheet_of(("A1", 101)), home, counter)
    stale = Upload.objects.get(pk=upload.pk)
    sheet = confirm_upload(upload=upload, by=counter, source="upload")
    with pytest.raises(CountRefused, match=sheet.code):
        confirm_upload(upload=stale, by=counter, source="upload")
    assert CountSheet.objects.count() == 1
    assert Movement.objects.filter(item=what, kind="count").count() == 1


def test_of_two_uploads_of_the_same_bytes_one_is_confirmed(home, counter):
    make.stock(5, home=home, code="A1")
    content = sheet_of(("A1", 5))
    first, second = receive(content, home, counter), receive(content, home, counter)
    sheet = confirm_upload(upload=first, by=counter, source="upload")
    with pytest.raises(CountRefused, match=f"confirmed already, as sheet {sheet.code}"):
        confirm_upload(upload=second, by=counter, source="upload")
    second.refresh_from_db()
    assert second.status == Upload.Status.PREVIEWED
    assert CountSheet.objects.count() == 1


def test_only_who_brought_a_count_confirms_or_discards_it(home, counter):
    make.stock(5, home=home, code="A1")
    upload = receive(sheet_of(("A1", 5)), home, counter)
    other = make.approver()
    with pytest.raises(Refused, match="who alone may confirm"):
        confirm_upload(upload=upload, by=other, source="upload")
    with pytest.raises(Refused, match="who alone may discard"):
        discard_upload(upload=upload, by=other)


def test_a_discarded_count_is_gone_and_cannot_be_confirmed(home, counter, django_capture_on_commit_callbacks):
    make.stock(5, home=home, code="A1")
    upload = receive(sheet_of(("A1", 5)), home, counter)
    stored = upload.file.name
    with django_capture_on_commit_callbacks(execute=True):
        discard_upload(upload=upload, by=counter)
    upload.refresh_from_db()
    assert upload.status == Upload.Status.DISCARDED
    assert reading_of(upload).lines == ()
    assert not default_storage.exists(stored)
    with pytest.raises(CountRefused, match="discarded already"):
        confirm_upload(upload=upload, by=counter, source="upload")
    with pytest.raises(Refused, match="discarded already"):
        discard_upload(upload=upload, by=counter)


def test_a_file_without_our_sheet_id_needs_a_zone(home, counter):
    make.stock(5, home=home, code="A1")
    upload = receive(sheet_of(("A1", 5)), None, counter)
    assert messages(upload) == [
        "The file does not carry one of our sheet ids. Choose the zone that was counted, and upload the file again."
    ]


def test_a_printed_id_finds_its_sheet_and_zone(home, counter):
    make.stock(5, home=home, code="A1")
    planned = plan_sheet(zone=home, by=counter)
    content = workbook((f"Sheet {planned.code}",), HEADING, ("A1", "", 5))
    upload = receive(content, None, counter)
    assert (upload.status, upload.zone) == (Upload.Status.PREVIEWED, home)
    assert confirm_upload(upload=upload, by=counter, source="upload").pk == planned.pk
    again = receive(workbook((f"Sheet {planned.code}",), HEADING, ("A1", "", 4)), None, counter)
    assert f"Walk-sheet {planned.code} of {home} is counted already." in again.reason
    assert reading_of(again).first_sheet == planned.code


def test_a_printed_id_and_another_zone_contradict_each_other(home, counter):
    make.stock(5, home=home, code="A1")
    planned = plan_sheet(zone=home, by=counter)
    content = workbook((f"Sheet {planned.code}",), HEADING, ("A1", "", 5))
    upload = receive(content, make.zone("B"), counter)
    assert f"Walk-sheet {planned.code} was printed for zone MAIN / A, but MAIN / B was chosen." in upload.reason


def test_a_staff_made_sheet_answers_the_zones_open_sheet(home, counter):
    make.stock(5, home=home, code="A1")
    planned = plan_sheet(zone=home, by=counter)
    early = receive(sheet_of(("A1", 5)), home, counter, counted_at=now() - timedelta(days=3))
    assert preview_of(early, show_expected=False).sheet is None
    upload = receive(sheet_of(("A1", 5)), home, counter)
    assert confirm_upload(upload=upload, by=counter, source="upload").pk == planned.pk


def test_an_unreadable_file_is_refused_with_a_sentence(home, counter):
    upload = receive(b"%PDF-1.7 not a sheet", home, counter, file_name="scan.xlsx")
    assert upload.status == Upload.Status.REFUSED
    assert upload.reason
    assert upload.reading["lines"] == []


def test_an_empty_sheet_counts_nothing_and_is_refused(home, counter):
    make.stock(5, home=home, code="A1")
    upload = receive(sheet_of(("A1", None)), home, counter)
    assert "Nothing was counted: every line is empty." in upload.reason


def test_an_item_at_home_elsewhere_is_pointed_out(home, counter):
    make.stock(5, home=make.zone("B"), code="A1")
    make.stock(5, home=home, code="A2")
    upload = receive(sheet_of(("A1", 5), ("A2", 5)), home, counter)
    assert any("At home in another zone: A1 (zone B)." in warning for warning in reading_of(upload).warnings)


def test_a_count_from_the_future_is_refused(home, counter):
    make.stock(5, home=home, code="A1")
    upload = receive(sheet_of(("A1", 5)), home, counter, counted_at=now() + timedelta(hours=2))
    assert "has not come yet" in upload.reason


def test_receiving_and_previewing_take_the_same_queries_for_few_and_many_lines(home, counter):
    def queries(number):
        codes = [f"{number}-{n}" for n in range(number)]
        for code in codes:
            make.stock(5, home=home, code=code)
        content = sheet_of(*[(code, 6) for code in codes])
        with CaptureQueriesContext(connection) as seen:
            preview_of(receive(content, home, counter), show_expected=True)
        return len(seen)

    queries(1)
    assert queries(3) == queries(60)


def test_typed_counts_are_previewed_and_confirmed_like_a_file(home, counter):
    make.stock(5, home=home, code="A1")
    make.stock(6, home=home, code="A2")
    planned = plan_sheet(zone=home, by=counter)
    upload = receive_typed(counts=[("A1", Decimal(0)), ("A2", None)], sheet=planned, counted_at=now(), by=counter)
    sheet = confirm_upload(upload=upload, by=counter, source=reading_of(upload).source)
    assert (sheet.pk, sheet.source) == (planned.pk, "typed")
    lines = {line.item.item_code: line.counted for line in sheet.lines.select_related("item")}
    assert lines == {"A1": Decimal(0), "A2": None}


def test_typed_mistakes_store_nothing(home, counter):
    planned = plan_sheet(zone=home, by=counter)
    with pytest.raises(CountRefused) as refusal:
        receive_typed(counts=[("X", Decimal(1)), ("Y", Decimal(2))], sheet=planned, counted_at=now(), by=counter)
    assert len(refusal.value.problems) == 2
    assert not Upload.objects.exists()


def test_typing_it_in_again_replaces_what_was_not_confirmed(home, counter):
    make.stock(5, home=home, code="A1")
    planned = plan_sheet(zone=home, by=counter)
    other = receive(sheet_of(("A1", 5)), home, counter)
    first, second = (
        receive_typed(counts=[("A1", Decimal(n))], sheet=planned, counted_at=now(), by=counter) for n in (5, 6)
    )
    statuses = dict(Upload.objects.values_list("pk", "status"))
    assert statuses == {other.pk: "previewed", first.pk: "discarded", second.pk: "previewed"}
