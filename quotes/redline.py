"""What a draft changes against the revision before it, and what this customer paid last for each item."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from quotes.models import Quote, QuoteLine
from quotes.pricing import change_percent, price_text

TENTH = Decimal("0.1")
Key = tuple[str, str]  # item code, price basis


@dataclass(frozen=True)
class LastPrice:
    quote: str
    net_price: Decimal
    sent_at: datetime | None

    def __str__(self) -> str:
        when = f", {self.sent_at:%b %Y}" if self.sent_at else ""
        return f"${price_text(self.net_price)} ({self.quote}{when})"


def key_of(line: QuoteLine) -> Key:
    return line.item_code, line.price_basis


def last_prices(customer_id: int, lines: Sequence[QuoteLine]) -> dict[Key, LastPrice]:
    """Of quotes that were sent to this customer. One query."""
    ids = sorted({line.spec_item_id for line in lines if line.spec_item_id is not None})
    sent = QuoteLine.objects.filter(
        quote__customer=customer_id, quote__sent_at__isnull=False, spec_item__any_of=ids, net_price__isnull=False
    )
    newest = Window(
        RowNumber(),
        partition_by=[F("item_code"), F("price_basis")],
        order_by=[F("quote__sent_at").desc(), F("pk").desc()],
    )
    rows = sent.annotate(rank=newest).filter(rank=1).select_related("quote").order_by()
    return {
        key_of(row): LastPrice(str(row.quote), row.net_price, row.quote.sent_at)
        for row in rows
        if row.net_price is not None
    }


def changes_since(parent: Quote | None, lines: Sequence[QuoteLine]) -> tuple[dict[Key, str], list[str]]:
    """What is new in each line, and the lines that are gone; nothing when there is no revision before."""
    if parent is None:
        return {}, []
    before = {key_of(line): line for line in parent.lines.all()}
    now_there = {key_of(line) for line in lines}
    changed = {key_of(line): text for line in lines if (text := _change(before.get(key_of(line)), line))}
    left = [line for key, line in before.items() if key not in now_there]
    gone = [f"{line.item_code} {line.description}, {_price(line)}" for line in left]
    return changed, gone


def _change(before: QuoteLine | None, line: QuoteLine) -> str:
    if before is None:
        return "New line"
    said = []
    if before.net_price != line.net_price:
        said.append(f"{_price(before)} → {_price(line)}{_percent(before.net_price, line.net_price)}")
    if before.quantity != line.quantity:
        said.append(f"{_cases(before.quantity)} → {_cases(line.quantity)}")
    if (before.description, before.pack, before.brand) != (line.description, line.pack, line.brand):
        said.append("specification changed")
    return ", ".join(said)


def _price(line: QuoteLine) -> str:
    return "no price" if line.net_price is None else f"${price_text(line.net_price)}"


def _percent(before: Decimal | None, after: Decimal | None) -> str:
    if before is None or after is None:
        return ""
    return f" ({change_percent(before, after).quantize(TENTH, ROUND_HALF_UP):+f} %)"


def _cases(quantity: Decimal | None) -> str:
    return "no quantity" if quantity is None else f"{quantity.normalize():f} cases"
