"""Drawing a quote beside plain WeasyPrint given the finished HTML of the same quote. Processor seconds, interleaved."""

import gc
import statistics
import time
from collections.abc import Callable

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from quotes.documents.rendering import ASSETS, VARIANT, BundledOnly, render_page, render_pdf
from tests.quotes.documents.samples import document

ROUNDS = 5


def measure(*sizes: int) -> list[tuple[int, float, float]]:
    """For each number of lines: plain seconds and ours, medians of ROUNDS."""
    return [(size, *_both(size)) for size in sizes]


def _both(size: int) -> tuple[float, float]:
    quote = document(size)
    page = str(render_page(quote))
    plain = _plainly()
    plain(page)
    render_pdf(quote)
    pairs = [(_timed(lambda: plain(page)), _timed(lambda: render_pdf(quote))) for _ in range(ROUNDS)]
    return statistics.median(bare for bare, _ in pairs), statistics.median(ours for _, ours in pairs)


def _plainly() -> Callable[[str], bytes]:
    """As WeasyPrint's manual shows it: fonts and styles read once, then one call a page."""
    fonts = FontConfiguration()
    styles = [
        CSS(string=(ASSETS / name).read_text(), font_config=fonts, url_fetcher=BundledOnly())
        for name in ("document.css", "paper.css")
    ]
    return lambda page: bytes(HTML(string=page).write_pdf(stylesheets=styles, font_config=fonts, pdf_variant=VARIANT))


def _timed(draw: Callable[[], bytes]) -> float:
    """The collector runs between the drawings: a third of a second for one of them would be the other's luck."""
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        draw()
        return time.process_time() - started
    finally:
        gc.enable()
