"""The walk-sheet as a PDF. Loading this module needs the system libraries of WeasyPrint (Pango)."""

from django.template.loader import render_to_string
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from inventory.counting.walk_sheets.printing import HOW_TO, LETTERHEAD, printed_on, walk_rows
from inventory.models import CountSheet

_FONTS = FontConfiguration()


class NothingIsFetched(URLFetcher):
    """The page is complete in itself; anything it would fetch was not put there by us."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        raise ValueError(f"A walk-sheet fetches nothing, and {url[:80]} was asked for.")


def walk_sheet_pdf(sheet: CountSheet) -> bytes:
    """Letter size, about 0.2 s a page of 30 items."""
    page = {
        "sheet": sheet,
        "rows": walk_rows(sheet),
        "letterhead": LETTERHEAD,
        "how_to": HOW_TO,
        "printed_on": printed_on(),
    }
    html = render_to_string("counting/walk_sheet_pdf.html", page)
    document = HTML(string=html, url_fetcher=NothingIsFetched())
    return bytes(document.write_pdf(font_config=_FONTS))
