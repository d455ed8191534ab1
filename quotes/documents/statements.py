"""The small print that the lines of a quote call for. Sources of the rules: 7 CFR 210.21(d) and 250.36."""

from collections.abc import Sequence

from django.conf import settings

from quotes.documents.contents import DocumentLine, Statement
from quotes.pricing import PriceBasis

PRICES = Statement(
    title="Prices",
    text="Unless the bid says otherwise, each line may be awarded by itself. Prices are US dollars a case and firm for "
    "the period above. A price per serving is given for comparison only.",
)
QUANTITIES = Statement(
    title="Quantities",
    text="Quantities are estimates of annual usage, in cases, and commit the district to no purchase. Amounts and "
    "totals follow from them.",
)
NOI = Statement(
    title="USDA Foods, net off invoice",
    text="The value of the USDA Foods in each case is taken off the commercial price on the invoice. The net price "
    "holds while the district has pounds on account at the processor; beyond them a case is sold at the "
    "commercial price.",
)
REBATE = Statement(
    title="USDA Foods, rebate",
    text="The invoice is for the full commercial price. The district claims the stated rebate from the processor; it "
    "is taken off no price and no total here.",
)
FFS = Statement(
    title="USDA Foods, fee for service",
    text="The price covers processing, packaging and the other ingredients. The USDA Foods ingredient is the "
    "district's own and is not part of it.",
)
CREDIT = Statement(
    title="Meal pattern credit",
    text="CN numbers and credits are those of the product's CN label or product formulation statement, which we send "
    "on request.",
)
BUY_AMERICAN = Statement(
    title="Buy American",
    text="Domestic means produced in the United States, with more than 51% of the food from US agricultural "
    "commodities. Lines that are not domestic, or not yet confirmed, say so.",
)
OF_BASIS = {
    PriceBasis.NOI: NOI,
    PriceBasis.REBATE: REBATE,
    PriceBasis.FFS: FFS,
}


def statements_for(lines: Sequence[DocumentLine]) -> tuple[Statement, ...]:
    """What the lines call for, then the supplier's own policies: the setting QUOTE_STATEMENTS."""
    bases = {line.price_basis for line in lines}
    called_for = [PRICES]
    if any(line.quantity is not None for line in lines):
        called_for.append(QUANTITIES)
    called_for += [statement for basis, statement in OF_BASIS.items() if basis in bases]
    if any(line.cn_number or line.cn_credit for line in lines):
        called_for.append(CREDIT)
    own_words = (Statement(title=title, text=text) for title, text in settings.QUOTE_STATEMENTS.items())
    return (*called_for, BUY_AMERICAN, *own_words)
