"""The printed walk-sheet: complete, blind, and finding its way home."""

import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader

from approvals.clock import now
from inventory.counting.planning import plan_sheet
from inventory.counting.uploads import confirm_upload, receive_upload
from inventory.counting.walk_sheets.pdf import NothingIsFetched, walk_sheet_pdf
from inventory.counting.walk_sheets.printing import HEADING_ROW, walk_sheet_workbook
from inventory.models import Balance
from inventory.spreadsheets import read_walk_sheet
from tests import factories as make

pytestmark = pytest.mark.django_db
ON_HAND = 98_765_431  # a number that is nowhere else


@pytest.fixture
def home(db):
    return make.zone("A")


@pytest.fixture
def planned(home):
    make.stock(ON_HAND, home=home, code="00042", description="Green beans", case_pack=6, barcode="0085001200042")
    make.stock(ON_HAND, home=home, code="120805", unit="lb", allows_fractions=True)
    make.stock(ON_HAND, home=home, code="=1+1", description='=HYPERLINK("x")')
    Balance.objects.filter(item__item_code="00042").update(bin="A-01")
    return plan_sheet(zone=home, by=make.user("", "counter"))


def everything_in(content):
    """Every part of the workbook, unzipped."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def test_the_workbook_holds_what_a_counter_needs(planned):
    page = opened(walk_sheet_workbook(planned))
    assert [page.cell(n, 1).value for n in (1, 2)] == ["Countersign · Cycle count", f"Sheet {planned.code}"]
    headings = [cell.value for cell in page[HEADING_ROW]]
    assert headings == ["Item code", "Description", "Unit", "Case pack", "Bin", "Counted"]
    rows = {row[0].value: [cell.value for cell in row] for row in page.iter_rows(min_row=HEADING_ROW + 1)}
    assert rows["00042"] == ["00042", "Green beans", "each", 6, "A-01", None]
    assert set(rows) == {"00042", "120805", "=1+1"}
    assert page.freeze_panes == f"A{HEADING_ROW + 1}"
    assert page.print_title_rows == f"${HEADING_ROW}:${HEADING_ROW}"
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)


def test_codes_are_text_and_nothing_is_a_formula(planned):
    page = opened(walk_sheet_workbook(planned))
    cells = [cell for row in page.iter_rows(min_row=HEADING_ROW + 1, max_col=2) for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    parts = everything_in(walk_sheet_workbook(planned))
    assert not any(b"<f>" in part for part in parts.values())


def test_only_quantities_can_be_entered(planned):
    page = opened(walk_sheet_workbook(planned))
    kinds = {}
    for rule in page.data_validations.dataValidation:
        for row in range(HEADING_ROW + 1, page.max_row + 1):
            if f"F{row}" in rule.sqref:
                kinds[page.cell(row, 1).value] = (rule.type, rule.formula1, rule.allow_blank)
    assert kinds == {
        "00042": ("whole", "0", True),
        "=1+1": ("whole", "0", True),
        "120805": ("decimal", "0", True),
    }


def test_what_is_expected_is_nowhere_in_the_workbook(planned):
    for name, part in everything_in(walk_sheet_workbook(planned)).items():
        for written in ("98765431", "98,765,431", "9.8765431"):
            assert written.encode() not in part, name
    page = opened(walk_sheet_workbook(planned))
    assert page.sheet_state == "visible"
    assert not any(column.hidden for column in page.column_dimensions.values())
    assert not any(cell.comment for row in page.iter_rows() for cell in row)


def test_what_is_expected_is_nowhere_in_the_pdf(planned):
    content = walk_sheet_pdf(planned)
    reader = PdfReader(io.BytesIO(content))
    text = "".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
    assert "98765431" not in text.replace(",", "").replace("\n", "")
    assert b"98765431" not in content
    assert not reader.attachments


def test_the_pdf_names_the_sheet_and_its_items(planned):
    reader = PdfReader(io.BytesIO(walk_sheet_pdf(planned)))
    page = reader.pages[0]
    text = page.extract_text()
    for said in (planned.code, "00042", "Green beans", "0085001200042", "A-01", "Page 1 of 1"):
        assert said in text
    assert (float(page.mediabox.width), float(page.mediabox.height)) == (612, 792)  # letter


def test_the_heading_is_on_every_page_of_the_pdf(home):
    for n in range(90):
        make.stock(1, home=home, code=f"D{n:03d}")
    reader = PdfReader(io.BytesIO(walk_sheet_pdf(plan_sheet(zone=home, by=make.user()))))
    assert len(reader.pages) > 1
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        assert "Item code" in text
        assert f"Page {number} of {len(reader.pages)}" in text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/x.png"])
def test_the_pdf_fetches_nothing(url):
    with pytest.raises(ValueError, match="fetches nothing"):
        NothingIsFetched().fetch(url)


def test_html_in_a_description_is_text(home):
    make.stock(1, home=home, code="X1", description="<img src='http://127.0.0.1:1/x.png'>")
    reader = PdfReader(io.BytesIO(walk_sheet_pdf(plan_sheet(zone=home, by=make.user()))))
    assert "<img" in reader.pages[0].extract_text()


def test_the_untouched_sheet_reads_as_nothing_counted(planned):
    reading = read_walk_sheet(walk_sheet_workbook(planned), file_name="walk.xlsx")
    (sheet,) = reading.sheets
    assert reading.sheet_code == planned.code
    assert (sheet.rows_in, sheet.rows_counted, sheet.rows_not_counted) == (3, 0, 3)
    assert not reading.errors


def test_a_filled_in_sheet_finds_its_way_home(planned, home):
    book = openpyxl.load_workbook(io.BytesIO(walk_sheet_workbook(planned)))
    page = book.worksheets[0]
    for row in page.iter_rows(min_row=HEADING_ROW + 1):
        row[5].value = {"00042": 7, "120805": 12.5}.get(str(row[0].value))
    stream = io.BytesIO()
    book.save(stream)
    counter = make.user("", "counter")
    upload = receive_upload(content=stream.getvalue(), file_name="renamed.bin", zone=None, counted_at=now(), by=counter)
    assert upload.reason == ""
    sheet = confirm_upload(upload=upload, by=counter, source="upload")
    assert sheet.pk == planned.pk
    counted = {line.item.item_code: line.counted for line in sheet.lines.select_related("item")}
    assert counted == {"00042": 7, "120805": Decimal("12.5"), "=1+1": None}


def test_the_search_for_numbers_would_find_one(planned):
    """The blindness tests look into what is really there: a counted number is found by the same search."""
    book = openpyxl.load_workbook(io.BytesIO(walk_sheet_workbook(planned)))
    book.worksheets[0].cell(HEADING_ROW + 1, 6).value = ON_HAND
    stream = io.BytesIO()
    book.save(stream)
    assert any(b"98765431" in part for part in everything_in(stream.getvalue()).values())
