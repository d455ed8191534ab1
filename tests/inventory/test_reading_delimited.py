"""CSV as it leaves the programs people use."""

import pytest

from inventory.spreadsheets import UnreadableFile
from tests.inventory.spreadsheets import comma_separated, figures, read

TEXT = "Item code;Description;Counted\n00417;Crème brûlée;5\n120805;Corn, sweet;\n"


def test_plain_commas_need_no_remark():
    content = comma_separated(
        ("Item code", "Description", "Counted"), ("007", 'Pipe 12", "long"\nblue', "3"), (), ("8", "", "")
    )
    reading = read(content, "walk.csv")
    assert reading.file_kind == "csv"
    assert figures(reading) == [("007", "3"), ("8", None)]
    assert [line.row for line in reading.lines] == [2, 4]
    assert reading.lines[0].description == 'Pipe 12", "long"\nblue'
    assert reading.warnings == ()
    assert reading.sheets[0].name == "walk.csv"


@pytest.mark.parametrize(
    ("encoding", "spoken", "certain"),
    [("utf-8", "UTF-8", True), ("utf-8-sig", "UTF-8", True), ("utf-16", "UTF-16", True),
     ("utf-16-le", "UTF-16", False), ("utf-16-be", "UTF-16", False), ("cp1252", "Windows-1252", False)],
)  # fmt: skip
def test_encodings(encoding, spoken, certain):
    reading = read(TEXT.encode(encoding), "walk.csv")
    assert figures(reading) == [("00417", "5"), ("120805", None)]
    assert reading.lines[0].description == "Crème brûlée"
    assert reading.warnings[0] == f"walk.csv was read as {spoken} text with columns separated by semicolons."
    assert len(reading.warnings) == (1 if certain else 2)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(separator):
    reading = read(f"My sheet, zone A; cold\nSKU{separator}Qty\n1{separator}2\n".encode(), "walk.txt")
    assert figures(reading) == [("1", "2")]


def test_a_sep_line_is_obeyed_and_is_no_row():
    reading = read(b"sep=;\r\nSKU;Qty\r\n1;2\r\n", "walk.csv")
    assert figures(reading) == [("1", "2")]
    assert reading.sheets[0].header_row == 1


def test_line_ends_may_be_mixed():
    assert figures(read(b"SKU,Qty\r1,2\r\n3,4\n5,6", "walk.csv")) == [("1", "2"), ("3", "4"), ("5", "6")]


def test_a_decimal_comma_is_never_guessed():
    reading = read(b"SKU;Qty\n1;12,5\n2;1.234,5\n3;7\n", "walk.csv")
    assert [(error.row, error.column) for error in reading.errors] == [(2, "B"), (3, "B")]
    assert all("ambiguous" in error.message for error in reading.errors)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'SKU,Qty\n1,2\n"3,4\n', "Row 3 opens a quotation mark that is never closed"),
        (b'SKU,Qty\n"3" inch,4\n', "Row 2 has a quotation mark in the middle"),
        (b"SKU,Qty\n1\x00,2\n", r"control character U\+0000"),
        (b"SKU,Qty\n" + b"x" * 40_000 + b",2\n", "more than 32,767 characters"),
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"just some words", "no heading row"),
    ],
)
def test_text_that_is_no_table(content, said):
    with pytest.raises(UnreadableFile, match=said):
        read(content, "walk.csv")


def test_the_name_does_not_decide():
    assert read(b"SKU,Qty\n1,2\n", "walk.xlsx").file_kind == "csv"
