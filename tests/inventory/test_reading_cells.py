"""Single cells: what is a quantity, what is a code, and what the refusal says."""

from decimal import Decimal

import pytest

from inventory.spreadsheets.cells import Cell
from inventory.spreadsheets.codes import NotACode, read_code
from inventory.spreadsheets.number_formats import (
    is_date_format,
    serial_to_iso,
    telling_pattern,
)
from inventory.spreadsheets.quantities import NotANumber, read_number
from inventory.spreadsheets.totals import is_total


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"), ("0", "0"), ("00", "0"), ("12.50", "12.5"), (".5", "0.5"), (" 7 ", "7"),
        ("1,234", "1234"), ("1,234,567", "1234567"), ("1,234.5", "1234.5"), ("9999999", "9999999"),
        ("100", "100"), ("\u00a08", "8"),
    ],
)  # fmt: skip
def test_text_that_is_a_quantity(text, value):
    assert str(read_number(Cell("text", text))) == value


@pytest.mark.parametrize("cell", [None, Cell("text", ""), Cell("text", "  "), Cell("text", "\u00a0")])
def test_an_empty_cell_is_not_counted(cell):
    assert read_number(cell) is None


@pytest.mark.parametrize("text", ["NIL", "NILL", "nil", "N/A", "NA", "n/a", "-", "–", "none", "Nil"])
def test_words_for_nothing_say_what_to_type_instead(text):
    with pytest.raises(NotANumber, match="Type 0 if there is none there, or leave the cell empty"):
        read_number(Cell("text", text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-5", "negative"), ("(5)", "negative"), ("−5", "negative"), ("5-", "negative"),
        ("5 ea", "text beside the number"), ("5ea", "text beside the number"), ("3 cases", "text beside"),
        ("1.234,5", "ambiguous"), ("12,5", "ambiguous"), ("1,23", "ambiguous"), ("0,123", "ambiguous"),
        ("1 234", "ambiguous"), ("1.2.3", "ambiguous"), ("1,2345", "ambiguous"),
        ("0x10", "not a quantity"), ("1_000", "not a quantity"), ("NaN", "not a quantity"),
        ("INF", "not a quantity"),
        ("1E309", "scientific"), ("1e3", "scientific"), ("１２", "digits of another script"),
        ("٣", "digits of another script"), ("#N/A", "shows the error #N/A"), ("#DIV/0!", "shows the error"),
        ("1/2/2025", "not a quantity"), ("TRUE", "not a quantity"), ("twelve", "not a quantity"),
        ("1.2345", "at most 3 decimals"), ("10000000", "more than 9,999,999"), ("½", "not a quantity"),
    ],
)  # fmt: skip
def test_text_that_is_no_quantity_says_why(text, said):
    with pytest.raises(NotANumber, match=said):
        read_number(Cell("text", text))


@pytest.mark.parametrize(
    ("stored", "value"),
    [("12", "12"), ("12.0", "12"), ("-0", "0"), ("1E3", "1000"), ("2.5", "2.5"), ("1.005", "1.005")],
)
def test_a_stored_number(stored, value):
    assert str(read_number(Cell("number", stored))) == value


def test_a_percentage_is_no_quantity():
    with pytest.raises(NotANumber, match="percentage"):
        read_number(Cell("number", "0.5", "0%"))


def test_the_number_of_decimals_is_the_callers():
    assert read_number(Cell("text", "0.0692"), decimals=4) == Decimal("0.0692")
    with pytest.raises(NotANumber, match="no decimals"):
        read_number(Cell("text", "1.5"), decimals=0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("00012", "00012"), (" A-1 ", "A-1"), ("\u200bA1\ufeff", "A1"), ("A\u00a01", "A 1"),
        ("120805.0", "120805"),
        ("Cafe\u0301", "Caf\u00e9"), ("12E5", "12E5"), ("1.5", "1.5"), ("=A1", "=A1"), ("品番7", "品番7"),
    ],
)  # fmt: skip
def test_text_that_is_a_code(text, code):
    assert read_code(Cell("text", text)).text == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.2E+15", "scientific notation"), ("А100", r"U\+0410 CYRILLIC CAPITAL LETTER A"),
        ("A–1", r"U\+2013 EN DASH"), ("Ａ1", r"U\+FF21"), ("A\u202e1", r"U\+202E RIGHT-TO-LEFT OVERRIDE"),
        ("A\x071", r"U\+0007"), ("A\u200f1", r"U\+200F"), ("١٢", r"U\+0661"), ("x" * 101, "101 characters"),
    ],
)  # fmt: skip
def test_text_that_only_looks_like_a_code(text, said):
    with pytest.raises(NotACode, match=said):
        read_code(Cell("text", text))


def test_number_formats():
    assert is_date_format("dd/mm/yyyy")
    assert is_date_format("[$-409]mmm\\ d")
    assert not is_date_format('0.00 "days"')
    assert not is_date_format("General")
    assert not is_date_format("[Red]#,##0")
    assert telling_pattern("00000") == "00000"
    assert telling_pattern("0") == ""
    assert telling_pattern("#,##0.00") == ""


@pytest.mark.parametrize(
    ("serial", "epoch_1904", "day"),
    [(1, False, "1900-01-01"), (61, False, "1900-03-01"), (45000, False, "2023-03-15"),
     (0, True, "1904-01-01"),
     (45000.5, False, "2023-03-15 12:00:00"), (1e12, False, "1e+12")],
)  # fmt: skip
def test_serial_numbers_of_days(serial, epoch_1904, day):
    assert serial_to_iso(serial, epoch_1904) == day


@pytest.mark.parametrize(
    "text", ["Total", "TOTALS:", "Sub-total", "sub total zone A", "Grand Total", "Sum", "Total: 5"]
)
def test_words_of_a_total(text):
    assert is_total(text)


@pytest.mark.parametrize("text", ["TOTAL-500", "Totally", "SUMAC", "", "A total"])
def test_words_that_are_no_total(text):
    assert not is_total(text)
