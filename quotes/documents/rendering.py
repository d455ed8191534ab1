"""A document drawn as HTML and as PDF. Loading this module needs the system libraries of WeasyPrint (Pango).

The same document gives the same bytes, in any process, time zone and locale, and whatever fonts the machine has. Other
versions of WeasyPrint, Pango or HarfBuzz may give others: stored bytes are the record, never drawn again.
"""

import os
from functools import cache
from pathlib import Path
from threading import Lock

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from quotes.documents.contents import QuoteDocument, UnfitContents, content_hash
from quotes.documents.figures import long_date, rows_of, total_of

ASSETS = Path(__file__).resolve().parent / "assets"
SCHEME = "bundled:"
FONTS = frozenset(path.name for path in ASSETS.glob("*.ttf"))
SHORT_HASH = 12
VARIANT = "pdf/ua-1"
# One drawing at a time in a process: Pango's font map is shared, and Python draws no faster in two threads.
_DRAWING = Lock()


class BundledOnly(URLFetcher):
    """Gives the fonts beside this module; any other address was not put there by us."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or name not in FONTS:
            raise ValueError(f"A quote fetches nothing, and {url[:80]} was asked for.")
        return URLFetcherResponse(url, (ASSETS / name).read_bytes(), {"Content-Type": "font/ttf"})


def render_html(document: QuoteDocument) -> SafeString:
    """The quote as one <article> with its own style, to be placed in a page."""
    style = mark_safe((ASSETS / "document.css").read_text(encoding="utf-8"))  # our own file
    return render_to_string("quotes/document.html", _words(document) | {"style": style})


def render_page(document: QuoteDocument) -> SafeString:
    """The whole page that the PDF is drawn from; its styles and fonts are not in it."""
    return render_to_string("quotes/document_page.html", _words(document))


def render_pdf(document: QuoteDocument) -> bytes:
    """Letter size, tagged (PDF/UA-1); about 0.2 s a page. Raises UnfitContents while a price is missing."""
    unpriced = [str(line.position) for line in document.lines if line.case_price is None]
    if unpriced or not document.lines:
        missing = f"line {', '.join(unpriced)} has no price yet" if unpriced else "it has no line yet"
        raise UnfitContents(f"{document.reference} cannot be printed: {missing}. Add what is missing first.")
    page = render_page(document).translate(_drawable())
    with _DRAWING:
        fonts, styles = _drawing_set()
        drawn = HTML(string=page, url_fetcher=BundledOnly()).write_pdf(
            stylesheets=styles,
            font_config=fonts,
            pdf_variant=VARIANT,
            pdf_identifier=bytes.fromhex(content_hash(document)[:32]),
        )
    return bytes(drawn)


def _words(document: QuoteDocument) -> dict[str, object]:
    supplier = document.letterhead
    return {
        "document": document,
        "supplier_contact": " · ".join(filter(None, (supplier.phone, supplier.email, supplier.website))),
        "rows": rows_of(document),
        "total": total_of(document),
        "with_quantities": any(line.quantity is not None for line in document.lines),
        "dates": {
            name: long_date(getattr(document, name)) for name in ("dated", "valid_until", "prices_from", "prices_to")
        },
        "superseded_on": long_date(document.supersedes.dated) if document.supersedes else "",
        "content_hash": content_hash(document),
        "short_hash": content_hash(document)[:SHORT_HASH],
    }


@cache
def _drawing_set() -> tuple[FontConfiguration, list[CSS]]:
    """Fonts and styles, read once a process."""
    fonts = _own_fonts()
    styles = [
        CSS(string=(ASSETS / name).read_text(encoding="utf-8"), font_config=fonts, url_fetcher=BundledOnly())
        for name in ("document.css", "paper.css")
    ]
    return fonts, styles


class _Drawable(dict[int, int]):
    """For str.translate: U+FFFD for a character that no bundled font has; PDF/UA forbids the fonts' empty box."""

    def __init__(self, known: set[int]) -> None:
        super().__init__({ord("\t"): ord("\t"), ord("\n"): ord("\n")} | {code: code for code in known})

    def __missing__(self, code: int) -> int:
        return 0xFFFD


@cache
def _drawable() -> _Drawable:
    return _Drawable({code for name in FONTS for code in TTFont(ASSETS / name, lazy=True).getBestCmap()})


def _own_fonts() -> FontConfiguration:
    """A font map that knows none of the machine's fonts. Fontconfig reads the variable only while it is made."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(ASSETS / "fonts.conf")
    try:
        return FontConfiguration()
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before
