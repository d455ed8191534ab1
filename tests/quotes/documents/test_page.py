"""The quote as HTML: what it says cell by cell, and that no text becomes markup."""

from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from quotes.documents.contents import printable
from quotes.documents.figures import FIGURE_SPACE, rows_of, total_of
from quotes.documents.letterhead import letterhead, signatory
from quotes.documents.rendering import render_html, render_page
from quotes.documents.statements import statements_for
from quotes.pricing import PriceBasis
from tests.quotes.documents.samples import KINDS, PEACHES, TOWELS, document
from tests.quotes.documents.spoiling import flattened, spoiled

MARKUP = st.sampled_from(
    ["<img src=x>", "</style>", "-->", "<script>", '"', "'", "&amp;", "{{ 7 }}", "{% now 'Y' %}", "<", "]]>"]
)


class Reader(HTMLParser):
    """Tags with the names of their attributes, and the text, of one page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", (data,)))

    def handle_data(self, data: str) -> None:
        self.text += data


PLAIN = Reader(render_page(spoiled(document(), "x")))


@hypothesis_settings(max_examples=40)
@given(st.lists(st.one_of(st.text(max_size=20), MARKUP), max_size=4).map("".join))
def test_no_text_becomes_markup(text):
    text = f"x{text}x"
    read = Reader(render_page(spoiled(document(), text)))
    assert read.tags == PLAIN.tags
    assert flattened(printable(text)) in flattened(read.text)


def test_the_figures_of_each_price_basis():
    noi, ffs, commercial, rebate, *_ = rows_of(document())
    assert [(price.label, price.amount.strip()) for price in noi.prices] == [
        ("Commercial", "52.40"),
        ("USDA Foods", "−11.85"),
    ]
    assert (noi.price, noi.price_note, noi.extended) == (f"40.55{FIGURE_SPACE * 2}", "", "17,031.00")
    assert (ffs.prices, ffs.price_note) == ((), "Fee for service")
    assert (commercial.prices, commercial.price_note, commercial.quantity) == ((), "", "1,250")
    assert (rebate.prices, rebate.price) == ((), "71.1525")
    assert rebate.price_note == "Rebate 24.30, claimed by district"


def test_prices_keep_the_places_they_are_stored_with_and_their_points_in_line():
    chosen = tuple(replace(PEACHES, case_price=Decimal(price)) for price in ("1000", "2.5", "0.1667", "3.125"))
    prices = [row.price for row in rows_of(replace(document(), lines=chosen))]
    assert [price.rstrip(FIGURE_SPACE) for price in prices] == ["1,000.00", "2.50", "0.1667", "3.125"]
    assert {len(price) - price.index(".") for price in prices} == {5}


def test_what_a_clerk_asks_of_an_item():
    pizza, *_, towel = rows_of(document())
    assert pizza.details == (
        "Rosa's School Kitchen · Mfr. 78355",
        "CN 094512, 2.0 oz eq M/MA, 2.0 oz eq grain, to 04/30/2028",
        "Allergens: milk, wheat, soy · Frozen · Domestic",
    )
    assert (pizza.pack, pizza.net_weight, pizza.servings, pizza.serving_size, pizza.per_serving) == (
        "96 / 4.48 oz", "26.88 lb", "96", "1 piece", "0.4224",
    )  # fmt: skip
    assert (towel.servings, towel.per_serving) == ("–", "–")
    unknown, foreign = replace(TOWELS, is_domestic=None), replace(TOWELS, is_domestic=False, origin="Spain")
    rows = rows_of(replace(document(), lines=(unknown, foreign)))
    assert [row.details[-1] for row in rows] == ["Origin to be confirmed", "Not domestic: Spain"]


def test_a_price_list_has_neither_amounts_nor_total():
    priced = document(with_quantities=False)
    assert total_of(priced) is None
    page = render_html(priced)
    assert "Extended" not in page
    assert "Total" not in page
    assert "Quantities" not in page
    assert total_of(document()).amount == "$99,149.97"


def test_a_line_without_a_price_says_so_where_the_quote_is_previewed():
    unpriced = replace(PEACHES, case_price=None)
    assert "to follow" in render_html(replace(document(), lines=(unpriced,)))
    assert "No line yet" in render_html(replace(document(), lines=()))


def test_it_says_which_revision_it_is_and_which_it_replaces():
    read = Reader(render_html(document())).text
    assert "Q-2026-00017 r2" in read
    assert "Supersedes r1 of March 3, 2026" in read
    assert "Supersedes" not in render_html(replace(document(), revision=1, supersedes=None))


def test_the_offer_and_the_price_period_are_two_things():
    read = Reader(render_html(document())).text
    assert "Offer valid throughMay 31, 2026" in read
    assert "Prices firmJuly 1, 2026 – June 30, 2027" in read


def test_it_can_be_placed_in_a_page_and_styles_nothing_else_there():
    page = render_html(document())
    style = page.split("<style>")[1].split("</style>")[0]
    rules = [rule.strip() for rule in style.split("}") if rule.strip()]
    selectors = [selector.strip() for rule in rules for selector in rule.split("{")[0].split(",")]
    assert len(selectors) > 40
    assert all(selector.startswith(".quote-document") for selector in selectors)
    assert not {"html", "body", "head", "link", "script", "img"} & {tag for tag, _ in Reader(page).tags}


def test_statements_follow_from_the_lines(settings):
    settings.QUOTE_STATEMENTS = {"Returns": "Within two days."}
    assert [statement.title for statement in statements_for([TOWELS])] == [
        "Prices",
        "Quantities",
        "Buy American",
        "Returns",
    ]
    titles = {statement.title for statement in statements_for(KINDS)}
    assert {
        "USDA Foods, net off invoice",
        "USDA Foods, rebate",
        "USDA Foods, fee for service",
        "Meal pattern credit",
    } < titles
    assert len([basis for basis in PriceBasis]) == 4


def test_the_letterhead_comes_from_the_settings(settings):
    settings.QUOTE_LETTERHEAD = settings.QUOTE_LETTERHEAD | {"name": "Hill & Sons", "address": ("1 Main St", "")}
    assert (letterhead().name, letterhead().address) == ("Hill & Sons", ("1 Main St",))
    assert signatory() is None
    settings.QUOTE_SIGNATORY = {"name": "Ann Hill", "title": "Owner", "phone": "", "email": ""}
    assert signatory().title == "Owner"
    settings.QUOTE_LETTERHEAD = settings.QUOTE_LETTERHEAD | {"name": ""}
    with pytest.raises(ImproperlyConfigured, match="QUOTE_LETTERHEAD_NAME is missing"):
        letterhead()
