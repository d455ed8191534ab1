"""Documents to draw: a district's quote with every kind of line, as long as wanted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from quotes.documents.contents import (
    CustomerBlock,
    DocumentLine,
    Letterhead,
    Person,
    QuoteDocument,
    Superseded,
)
from quotes.documents.statements import statements_for
from quotes.pricing import PriceBasis

LETTERHEAD = Letterhead(
    name="Lakeshore School Foods",
    tagline="K-12 food service supply",
    address=("1840 Harbor Street", "Erie, PA 16507"),
    phone="(814) 555-0140",
    email="quotes@lakeshore.example.com",
    website="lakeshore.example.com",
    remit_to=("Lakeshore School Foods", "P.O. Box 2210", "Erie, PA 16512"),
)
DISTRICT = CustomerBlock(
    name="Maple Valley Central School District",
    code="D-1042",
    attention="Dana Whitfield, Director of Child Nutrition",
    email="dwhitfield@maplevalley.example.org",
    bill_to=("200 Education Drive", "Maple Valley, NY 14781"),
    deliver_to=("Central kitchen, 45 Depot Road", "Maple Valley, NY 14781", "and six schools per attached list"),
)
PIZZA = DocumentLine(
    position=1,
    item_code="PZ-4416",
    description="Pizza, cheese, whole grain crust, 4 x 6 in",
    brand="Rosa's School Kitchen",
    manufacturer_code="78355",
    pack="96 / 4.48 oz",
    net_weight="26.88 lb",
    servings_per_case=Decimal(96),
    serving_size="1 piece",
    cn_number="094512",
    cn_credit="2.0 oz eq M/MA, 2.0 oz eq grain",
    cn_expires=date(2028, 4, 30),
    allergens="milk, wheat, soy",
    storage="Frozen",
    is_domestic=True,
    price_basis=PriceBasis.NOI,
    case_price=Decimal("52.40"),
    pass_through_value=Decimal("11.85"),
    quantity=Decimal(420),
)
PATTY = replace(
    PIZZA,
    item_code="BF-2210",
    description="Beef patty, flame broiled, 2.5 oz",
    brand="Prairie Gold",
    manufacturer_code="155-525-20",
    pack="200 / 2.5 oz",
    net_weight="31.25 lb",
    servings_per_case=Decimal(200),
    serving_size="1 patty",
    cn_number="088731",
    cn_credit="2.0 oz eq M/MA",
    allergens="soy",
    price_basis=PriceBasis.FFS,
    case_price=Decimal("38.75"),
    pass_through_value=None,
    quantity=Decimal(185),
)
TENDERS = replace(
    PATTY,
    item_code="CK-3075",
    description="Chicken tenders, breaded, whole grain",
    pack="6 / 5 lb",
    net_weight="30 lb",
    servings_per_case=Decimal(160),
    serving_size="3 pieces",
    allergens="wheat",
    price_basis=PriceBasis.REBATE,
    case_price=Decimal("71.1525"),
    pass_through_value=Decimal("24.30"),
    quantity=Decimal("96.5"),
)
PEACHES = DocumentLine(
    position=1,
    item_code="00812",
    description="Peaches, diced, extra light syrup",
    brand="Orchard Lane",
    pack="6 / #10 can",
    net_weight="39.75 lb",
    servings_per_case=Decimal(143),
    serving_size="1/2 cup",
    cn_credit="1/2 cup fruit",
    storage="Dry",
    is_domestic=True,
    case_price=Decimal("44.10"),
    quantity=Decimal(1250),
)
ORANGES = replace(
    PEACHES,
    item_code="00847",
    description="Mandarin oranges, light syrup",
    is_domestic=False,
    origin="Spain; no domestic supply in this pack",
    case_price=Decimal("36.20"),
    notes="Market priced from January 2027; we confirm by December 1.",
    quantity=Decimal(310),
)
TOWELS = DocumentLine(
    position=1,
    item_code="NF-1190",
    description="Roll towel, white, 8 in x 350 ft",
    pack="12 rolls",
    is_domestic=True,
    case_price=Decimal("28.95"),
    quantity=Decimal(60),
)
KINDS = (PIZZA, PATTY, PEACHES, TENDERS, ORANGES, TOWELS)


def lines(count: int, *, with_quantities: bool = True) -> tuple[DocumentLine, ...]:
    """The kinds in turn, each with its own position."""
    made = (replace(KINDS[n % len(KINDS)], position=n + 1) for n in range(count))
    return tuple(made if with_quantities else (replace(line, quantity=None) for line in made))


def document(count: int = 6, *, with_quantities: bool = True) -> QuoteDocument:
    chosen = lines(count, with_quantities=with_quantities)
    return QuoteDocument(
        letterhead=LETTERHEAD,
        number="Q-2026-00017",
        revision=2,
        supersedes=Superseded(revision=1, dated=date(2026, 3, 3)),
        dated=date(2026, 3, 24),
        school_year="2026-27",
        valid_until=date(2026, 5, 31),
        prices_from=date(2026, 7, 1),
        prices_to=date(2027, 6, 30),
        customer=DISTRICT,
        bid_reference="MVCSD 26-114",
        payment_terms="Net 30 days",
        delivery_terms="Delivered and unloaded, weekly, 15 case minimum per stop; no fuel surcharge",
        tax_status="Exempt, certificate on file",
        introduction="Thank you for the chance to quote. New this year: the pizza carries a higher USDA Foods value.",
        lines=chosen,
        statements=statements_for(chosen),
        prepared_by=Person(
            name="Morgan Ellis", title="School accounts", phone="(814) 555-0144", email="mellis@lakeshore.example.com"
        ),
    )
