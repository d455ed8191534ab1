"""How prices read on our pages."""

from decimal import Decimal

from django import template

from quotes.pricing import CENT, price_text, rounded

register = template.Library()


@register.filter
def price(value: Decimal | None) -> str:
    """Exactly what is kept: `$42.50`, `$0.1667`; a dash when there is none."""
    return "–" if value is None else f"${price_text(value)}"


@register.filter
def change(percent: Decimal | None) -> str:
    """`+3.25 %`; a dash when there is nothing to compare with."""
    if percent is None:
        return "–"
    shown = rounded(percent, CENT)
    return f"{shown:+,} %" if shown else "0.00 %"
