"""What the columns of a stock workbook are called. The sheets people keep, and exports of stock systems."""

from __future__ import annotations

from .columns import BIN, COUNTED, DESCRIPTION, ITEM_CODE, UNIT, Field, HeadingGroups, Layout
from .quantities import QuantityWords

ZERO_WORDS = frozenset({"nill", "nil", "nul", "null", "none", "zero"})
UNSTATED_WORDS = frozenset({"-", "--", "---", "–", "—", "na", "n/a", "n.a.", "n.a"})

# "SL.NO" and "Serial no" number the rows, and "ID" may: none of them is a code.
CODE: HeadingGroups = (
    (*ITEM_CODE[0], "tag code", "thread code", "label code", "goods number", "product ref"),
    ("code", "item ref", "reference", "ref"),
    ("trim", "item", "product", "material", "style", "article", "part"),
)

NAME: HeadingGroups = (
    (
        *DESCRIPTION[0], "trim name", "tag name", "thread name", "label name", "material name", "style name",
        "article name", "goods name", "trim description", "material description", "article description",
    ),
    ("particulars", "details", "item details", "title"),
    ("item", "product", "material", "trim", "tag", "thread", "label", "article", "goods"),
)  # fmt: skip

# A physical count before what a list says is left, that before stock as such, that before what may still be sold
# (less than what lies there, when some is reserved), and a bare "Qty" last.
QUANTITY: HeadingGroups = (
    COUNTED[0],
    (
        "closing stock", "closing balance", "closing qty", "closing quantity", "closing", "remaining",
        "remaining stock", "remaining qty", "remaining quantity", "balance", "balance stock", "balance qty",
        "balance quantity", "stock balance", "qoh", "soh", "on hand", "in hand", "qty on hand", "on hand qty",
        "quantity on hand", "on hand quantity", "stock on hand", "stock in hand", "on hand stock",
    ),
    (
        "stock", "stock qty", "stock quantity", "qty in stock", "quantity in stock", "in stock", "current stock",
        "current qty", "current quantity", "present stock", "total stock", "stock pcs", "stock in pcs",
        *COUNTED[1],
    ),
    (
        "available", "available stock", "available qty", "available quantity", "qty available",
        "quantity available", "stock available",
    ),
    ("qty", "quantity", "qty pcs", "qty in pcs", "total qty", "total quantity", "units", "pieces", "pcs", "nos"),
)  # fmt: skip

LOT_OF_STOCK: HeadingGroups = (
    ("lot number", "lot no", "lot", "lot code", "batch", "batch number", "batch no", "batch code"),
)

STOCK_SHEET = Layout(
    fields=(
        Field("item_code", "item code", "code", CODE, required=True),
        Field("counted", "quantity", "quantity", QUANTITY),
        Field("unit", "unit", "text", UNIT),
        Field("description", "description", "text", NAME),
        Field("bin", "bin", "text", BIN),
        Field("lot", "lot", "text", LOT_OF_STOCK),
    ),
    anchor="item_code",
    amount="counted",
    heading_needs=("item_code", "counted"),
    unique=("item_code", "lot", "bin"),
    words=QuantityWords(ZERO_WORDS, UNSTATED_WORDS),
    fill_down=frozenset({"description"}),
    dates_as_amount=True,
)
