"""How money reads, everywhere."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def dollars(value: Decimal | None) -> str:
    """`-$1,470.00`; a dash when the value is unknown. Rounded half up to cents."""
    if value is None:
        return "–"
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,.2f}"
