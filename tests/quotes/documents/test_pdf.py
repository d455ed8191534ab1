"""The PDF: the same bytes every time, for a screen reader too, whole on every page."""

import hashlib
import io
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from quotes.documents.contents import UnfitContents, content_hash
from quotes.documents.rendering import ASSETS, BundledOnly, render_pdf
from tests.quotes.documents.samples import PEACHES, TOWELS, document

HEADINGS = ("Item", "Description", "Pack", "Case price", "Extended")
TOTAL = "Total of estimated annual usage"
DRAW = """
import hashlib, django
django.setup()
from quotes.documents.rendering import render_pdf
from tests.quotes.documents.samples import document
print(hashlib.sha256(render_pdf(document())).hexdigest())
"""


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def texts(reader: PdfReader) -> list[str]:
    return [page.extract_text() for page in reader.pages]


def test_the_same_quote_twice_is_the_same_bytes(six_lines):
    assert render_pdf(document()) == six_lines


def test_another_process_zone_language_and_fonts_give_the_same_bytes(six_lines, process_environment, tmp_path):
    strange_fonts = tmp_path / "fonts.conf"
    serif = "<match><edit name='family' mode='assign_replace'><string>Serif</string></edit></match>"
    strange_fonts.write_text(f"<fontconfig><dir>{tmp_path}</dir>{serif}</fontconfig>")
    shutil.copy(ASSETS / "DejaVuSans.ttf", tmp_path)
    environment = process_environment | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNT_TIME_ZONE": "Pacific/Kiritimati",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "FONTCONFIG_FILE": str(strange_fonts),
    }
    drawn = subprocess.run([sys.executable, "-c", DRAW], env=environment, capture_output=True, text=True, check=True)
    assert drawn.stdout.strip() == hashlib.sha256(six_lines).hexdigest()


def test_a_screen_reader_finds_language_title_and_structure(six_lines):
    reader = opened(six_lines)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-US"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Quote Q-2026-00017 r2 for Maple Valley Central School District"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    kinds = list(structure(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/P"} < set(kinds)
    assert kinds.count("/H1") == 1
    # Nine headings on each of two pages, six item codes, and the total.
    assert kinds.count("/TH") == 9 * 2 + 6 + 1


def structure(node):
    """The kind of every element below, in reading order."""
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, dict):
        if "/S" in node:
            yield node["/S"]
        node = node.get("/K", [])
        node = node.get_object() if isinstance(node, IndirectObject) else node
    for child in node if isinstance(node, list) else [node] if isinstance(node, dict) else []:
        yield from structure(child)


def test_dates_and_identifier_come_from_the_contents(six_lines):
    reader = opened(six_lines)
    assert (reader.metadata["/CreationDate"], reader.metadata["/ModDate"]) == ("D:20260324", "D:20260324")
    assert content_hash(document()) in reader.metadata["/Keywords"]
    assert reader.trailer["/ID"][0].original_bytes.hex() == content_hash(document())[:32]


def test_only_bundled_fonts_are_in_it(six_lines):
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in opened(six_lines).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all(name.startswith(("Inter", "DejaVu")) for name in fonts)
    assert {page.mediabox.width for page in opened(six_lines).pages} == {612}


def test_every_page_says_what_it_is(six_lines):
    pages = texts(opened(six_lines))
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert f"Q-2026-00017 r2 · content {content_hash(document())[:12]}" in page
        assert all(heading in page for heading in HEADINGS)
    assert "Purchase order number" in pages[-1]


def test_nothing_in_it_speaks_of_cost_or_margin(six_lines):
    reader = opened(six_lines)
    everything = " ".join(
        [*texts(reader), *map(str, reader.metadata.values()), reader.trailer["/Root"]["/Metadata"].get_data().decode()]
    )
    assert "Pizza, cheese" in everything
    assert not [word for word in ("cost", "margin", "markup", "mark-up") if word in everything.lower()]
    assert not list(reader.attachments)


def test_one_line_and_its_acceptance_fit_one_page():
    (page,) = texts(opened(render_pdf(document(1))))
    assert TOTAL in page
    assert "Authorized signature" in page


@pytest.mark.parametrize("count", [7, 8, 9, 10])
def test_totals_are_never_alone_on_a_page(count):
    """Lengths around the end of the first page, one small line at a time."""
    lines = tuple(replace(TOWELS, position=n + 1, item_code=f"NF-{n:03d}") for n in range(count))
    pages = texts(opened(render_pdf(replace(document(), lines=lines))))
    (last,) = [page for page in pages if TOTAL in page]
    assert f"NF-{count - 1:03d}" in last
    assert f"NF-{count - 2:03d}" in last


@pytest.mark.slow
def test_a_thousand_lines(thousand_lines):
    pages = texts(thousand_lines)
    assert 60 < len(pages) < 120
    with_lines = [page for page in pages if "Case price" in page]
    assert with_lines == pages
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]
    assert "$16,545,085.99" in pages[-1]
    codes = sum(page.count("00812") for page in pages)
    assert codes == sum(line.item_code == "00812" for line in document(1000).lines)


def test_a_quote_that_lacks_a_price_or_lines_is_not_printed():
    unpriced = replace(document(), lines=(PEACHES, replace(PEACHES, position=2, case_price=None)))
    with pytest.raises(UnfitContents, match="Q-2026-00017 r2 cannot be printed: line 2 has no price yet"):
        render_pdf(unpriced)
    with pytest.raises(UnfitContents, match="it has no line yet"):
        render_pdf(replace(document(), lines=()))


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/x.png", "file:///etc/passwd", "bundled:../contents.py", "bundled:", "data:,x", "ftp://x/y"],
)
def test_the_renderer_opens_nothing_but_its_fonts(address):
    with pytest.raises(ValueError, match="A quote fetches nothing"):
        BundledOnly().fetch(address)
    assert BundledOnly().fetch("bundled:Inter-Regular.ttf").read()[:4] == b"\0\1\0\0"
