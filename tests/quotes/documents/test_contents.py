"""What a document may say, what it comes to, and that its hash is of all of it."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotes.documents import contents
from quotes.documents.contents import DocumentLine, UnfitContents, canonical_json, content_hash, printable
from quotes.pricing import PriceBasis
from tests.quotes.documents.samples import PATTY, PEACHES, PIZZA, TENDERS, document


def line(**changes: Any) -> DocumentLine:
    return replace(PEACHES, **changes)


def test_there_is_no_place_for_cost_or_margin():
    parts = [part for part in vars(contents).values() if isinstance(part, type) and is_dataclass(part)]
    names = {field.name for part in parts for field in fields(part)}
    assert len(names) > 40
    assert not [name for name in names if "cost" in name or "margin" in name or "markup" in name]


@pytest.mark.parametrize(
    ("sample", "charged", "per_serving"),
    [
        (PIZZA, "40.55", "0.4224"),
        (PATTY, "38.75", "0.1938"),
        (TENDERS, "71.1525", "0.4447"),
        (PEACHES, "44.10", "0.3084"),
    ],
)
def test_only_net_off_invoice_takes_the_usda_foods_value_off(sample, charged, per_serving):
    assert sample.net_price == Decimal(charged)
    assert sample.price_per_serving == Decimal(per_serving)


@pytest.mark.parametrize(
    ("price", "quantity", "amount"), [("2.665", "1", "2.67"), ("0.0005", "10", "0.01"), ("0.1667", "6", "1.00")]
)
def test_extended_is_the_printed_price_times_quantity_half_up(price, quantity, amount):
    assert line(case_price=Decimal(price), quantity=Decimal(quantity)).extended == Decimal(amount)


def test_the_total_is_the_sum_of_the_rounded_lines():
    third = line(case_price=Decimal("0.3333"), quantity=Decimal(1))
    assert replace(document(), lines=(third,) * 3).total == Decimal("0.99")


def test_no_total_while_a_quantity_or_a_price_is_missing():
    whole = document()
    for missing in ({"quantity": None}, {"case_price": None}):
        lacking = replace(whole.lines[2], **missing)
        assert replace(whole, lines=(*whole.lines, lacking)).total is None
    assert document(with_quantities=False).total is None
    assert replace(whole, lines=()).total is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"case_price": 44.1}, "case_price is a float (44.1); give a Decimal."),
        ({"case_price": Decimal("NaN")}, "case_price is NaN; give a number."),
        (
            {"case_price": Decimal("-1")},
            "case_price -1 is out of range; it must be zero or more, and below 10,000,000,000.",
        ),
        ({"quantity": Decimal("1e10")}, "quantity 10000000000 is out of range; it must be zero or more, and below"),
        ({"case_price": Decimal("1.00001")}, "case_price 1.00001 has more than four places; round it first."),
        ({"price_basis": PriceBasis.NOI}, "the value of its USDA Foods is missing"),
        (
            {"price_basis": PriceBasis.NOI, "pass_through_value": Decimal("44.11")},
            "Line 1 (00812): the USDA Foods value 44.11 is more than the case price 44.10.",
        ),
    ],
)
def test_what_cannot_be_printed_truly_is_refused_by_line(changes, sentence):
    with pytest.raises(UnfitContents) as refused:
        line(**changes)
    assert sentence in str(refused.value)


def test_equal_contents_hash_alike_however_they_were_written():
    one = replace(document(), introduction="Caf\u00e9  menu", lines=(line(case_price=Decimal("2.5")),))
    other = replace(document(), introduction="Cafe\u0301\nmenu", lines=(line(case_price=Decimal("2.50")),))
    assert canonical_json(one) == canonical_json(other)
    assert '"case_price":"2.5000"' in canonical_json(one)


OTHER_VALUES: list[tuple[Any, Callable[[Any], Any]]] = [
    (Enum, lambda _: PriceBasis.REBATE),
    (bool, lambda value: not value),
    (str, lambda value: value + "x"),
    (tuple, lambda value: (*value, "x")),
    (date, lambda value: value + timedelta(days=1)),
    (Decimal | int, lambda value: value + 1),
]


def variants(part: Any) -> Iterator[Any]:
    """Each way to change one field, anywhere inside."""
    if is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            for changed in variants(getattr(part, field.name)):
                yield replace(part, **{field.name: changed})
    elif isinstance(part, tuple) and part and is_dataclass(part[0]):
        yield from ((changed, *part[1:]) for changed in variants(part[0]))
    else:
        yield from [other(part) for kind, other in OTHER_VALUES if isinstance(part, kind)][:1]


def test_the_hash_is_of_everything_the_customer_sees():
    whole = document()
    hashes = [content_hash(changed) for changed in variants(whole)]
    assert len(hashes) >= 50
    assert len({content_hash(whole), *hashes}) == len(hashes) + 1


def test_a_changed_template_is_another_content(monkeypatch):
    before = content_hash(document())
    monkeypatch.setattr(contents, "TEMPLATE", contents.TEMPLATE + 1)
    assert content_hash(document()) != before


@given(st.text())
def test_printable_text_is_stable_and_turns_nothing_around(text):
    shown = printable(text)
    assert printable(shown) == shown
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x07\x1b\n\r\ufeff")
    assert all(unicodedata.category(character) != "Cc" for character in shown)
