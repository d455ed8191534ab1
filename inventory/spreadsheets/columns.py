"""The headings people give their columns, and what we take each to mean.

A field lists its headings in groups, the most specific group first. A column whose heading stands in an
earlier group wins over one in a later group; two columns in the same group are a question only the user can
answer. Headings are compared by letters and digits alone, in lower case: "Item no." and "item_no" are the
same heading.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .quantities import NO_WORDS, QuantityWords

FieldKind = Literal["code", "quantity", "text", "number"]
HeadingGroups = tuple[tuple[str, ...], ...]

ITEM_CODE: HeadingGroups = (
    (
        "item code", "sku", "sku code", "sku number", "sku no", "product code", "item number", "item no",
        "item num", "part number", "part no", "part num", "trim code", "style code", "article code",
        "article number", "article no", "material code", "material number", "material no", "stock code",
        "inventory code", "product sku", "item sku", "product number", "product no", "item id",
        "product id", "netsuite item", "item name or number", "goods code",
    ),
    ("code", "trim", "item ref", "product ref", "reference", "ref"),
    ("item", "product", "material", "style", "article", "part", "id"),
)  # fmt: skip

COUNTED: HeadingGroups = (
    (
        "physical qty", "physical quantity", "physical count", "physical qoh", "physical inventory",
        "physical stock", "counted", "counted qty", "counted quantity", "counted units", "qty counted",
        "quantity counted", "units counted", "actual count", "actual qty", "actual quantity",
        "actual stock", "floor count", "count qty", "count quantity", "on floor", "qty on floor",
        "walk count", "your count", "new count", "stock count", "cycle count", "counted value",
    ),
    ("count", "physical", "actual", "found", "qty found", "quantity found", "tally"),
    ("qty", "quantity", "stock", "units", "pieces", "pcs"),
)  # fmt: skip

EXPECTED: HeadingGroups = (
    (
        "ob qoh", "qoh", "expected", "expected qty", "expected quantity", "expected count", "system qty",
        "system quantity", "system count", "system stock", "system qoh", "system", "on hand",
        "qty on hand", "quantity on hand", "on hand qty", "on hand quantity", "stock on hand", "soh",
        "book", "book qty", "book quantity", "book stock", "theoretical", "theoretical qty",
        "theoretical quantity", "current stock", "current quantity", "current qty",
        "snapshot qty", "erp qty", "netsuite qty", "netsuite on hand", "previous count", "last count",
    ),
)  # fmt: skip

LOT: HeadingGroups = (
    (
        "lot number", "lot no", "lot", "lot code", "batch", "batch number", "batch no", "batch code",
        "lot serial number", "lot serial", "serial lot number", "serial number", "serial no",
    ),
)  # fmt: skip

BIN: HeadingGroups = (
    ("bin location", "bin", "bin code", "bin number", "bin no"),
    ("shelf", "rack", "slot", "position", "aisle"),
)  # fmt: skip

UNIT: HeadingGroups = (
    (
        "unit", "uom", "unit of measure", "unit of measurement", "stock unit", "base unit", "count unit",
        "units of measure",
    ),
)  # fmt: skip

DESCRIPTION: HeadingGroups = (
    (
        "description", "item description", "product description", "item name", "product name",
        "display name", "name",
    ),
    ("details", "title"),
)  # fmt: skip

COUNTED_AT: HeadingGroups = (
    ("counted at", "counted on", "count date", "date counted", "counted time", "count time", "time counted"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One column we look for. `decimals` bounds a number; `required` makes an empty cell an error."""

    name: str
    label: str
    kind: FieldKind
    headings: HeadingGroups
    required: bool = False
    decimals: int = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a table. The heading row is the first that holds every field of `heading_needs`.

    `anchor` names the field that makes a row a data row (its code); `amount` the one that totals add up, or
    "". `unique` names the fields that together may not repeat; `lenient` those whose unreadable content is
    dropped. `words` may stand for a quantity. `fill_down` names the fields for which a merged cell speaks in
    every row it covers; with any, a merged anchor or amount is refused. With `dates_as_amount` a sheet may have
    one column of amounts per day instead.
    """

    fields: tuple[Field, ...]
    anchor: str
    amount: str
    heading_needs: tuple[str, ...]
    unique: tuple[str, ...] = ()
    lenient: frozenset[str] = frozenset()
    words: QuantityWords = NO_WORDS
    fill_down: frozenset[str] = frozenset()
    dates_as_amount: bool = False

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


WALK_SHEET = Layout(
    fields=(
        Field("item_code", "item code", "code", ITEM_CODE, required=True),
        Field("counted", "counted quantity", "quantity", COUNTED),
        Field("expected", "expected quantity", "number", EXPECTED),
        Field("unit", "unit", "text", UNIT),
        Field("description", "description", "text", DESCRIPTION),
        Field("bin", "bin", "text", BIN),
        Field("lot", "lot", "text", LOT),
        Field("counted_at", "time of the count", "text", COUNTED_AT),
    ),
    anchor="item_code",
    amount="counted",
    heading_needs=("item_code", "counted"),
    unique=("item_code", "lot", "bin"),
    lenient=frozenset({"expected"}),
)


@dataclass(frozen=True, slots=True)
class Headings:
    """A row seen as headings: which column each field was found in, and which fields were found twice."""

    columns: Mapping[str, int]
    doubles: Mapping[str, tuple[int, int]]


def plain_heading(text: str) -> str:
    """The letters and digits of a heading, in lower case; width and ligature variants folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def match_headings(texts: Mapping[int, str], layout: Layout) -> Headings:
    """Finds each field of `layout` among the texts of one row (column index -> text)."""
    plain = {column: _spellings(text) for column, text in texts.items()}
    columns: dict[str, int] = {}
    doubles: dict[str, tuple[int, int]] = {}
    for field in layout.fields:
        found = _best(plain, field.headings)
        if field.name in layout.fill_down:  # one heading alone, such as "Item", is the code and not the name too
            found = [column for column in found if column != columns.get(layout.anchor)]
        if found:
            columns[field.name] = found[0]
        if len(found) > 1:
            doubles[field.name] = (found[0], found[1])
    return Headings(columns, doubles)


def _spellings(text: str) -> frozenset[str]:
    """A heading as written and without a remark in brackets, as in "Counted (cases)"."""
    without_remark = text.split("(")[0].split("[")[0]
    return frozenset(filter(None, (plain_heading(text), plain_heading(without_remark))))


def _best(plain: Mapping[int, frozenset[str]], groups: Iterable[Sequence[str]]) -> list[int]:
    for group in groups:
        wanted = {plain_heading(heading) for heading in group}
        found = [column for column, spellings in plain.items() if spellings & wanted]
        if found:
            return found
    return []
