"""What the import widgets have in common: codes are text, quantities are decimals, every refusal a sentence."""

from decimal import Decimal, InvalidOperation
from typing import Any

from import_export.widgets import CharWidget, DecimalWidget, ForeignKeyWidget

from inventory.models import Item, Location, Zone
from inventory.spreadsheets.cells import Cell
from inventory.spreadsheets.codes import NotACode, read_code


def code_of(value: Any) -> str:
    """The code a cell holds: `00417` stays, 120805.0 reads as 120805. Raises ValueError with a sentence."""
    if value is None or value == "":
        return ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    cell = Cell("number", repr(value)) if is_number else Cell("text", str(value))
    try:
        return read_code(cell).text
    except NotACode as problem:
        raise ValueError(f"Item code: {problem}.") from problem


class CodeWidget(CharWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        code = code_of(value)
        if not code:
            raise ValueError("The item code is empty. Fill it in, or delete the row.")
        return code


class NumberWidget(DecimalWidget):
    """A decimal, or None for an empty cell; anything else is named with what it says."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        if value is None or str(value).strip() == "":
            return None
        try:
            number = Decimal(str(value).strip().replace(",", ""))
        except InvalidOperation as problem:
            raise ValueError(f"“{value}” is not a number. Write digits, like 12.50.") from problem
        if not number.is_finite():
            raise ValueError(f"“{value}” is not a number. Write digits, like 12.50.")
        return number


class ItemWidget(ForeignKeyWidget):
    def __init__(self) -> None:
        super().__init__(Item, "item_code")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Item:
        code = code_of(value)
        item = Item.objects.filter(item_code=code).first()
        if item is None:
            raise ValueError(f"Item “{code}” is not in the catalogue. Correct the code, or import items first.")
        return item


class LocationWidget(ForeignKeyWidget):
    def __init__(self) -> None:
        super().__init__(Location, "code")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Location:
        code = code_of(value)
        location = Location.objects.filter(code=code).first()
        if location is None:
            raise ValueError(f"Location “{code}” does not exist. Correct the code, or add the location first.")
        return location


class ZoneWidget(ForeignKeyWidget):
    """A zone by its code within the row's location."""

    def __init__(self) -> None:
        super().__init__(Zone, "code")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Zone | None:
        code, place = code_of(value), code_of((row or {}).get("location"))
        if not code:
            return None
        zone = Zone.objects.filter(code=code, location__code=place).first()
        if zone is None:
            raise ValueError(f"Zone “{code}” does not exist at location “{place}”. Add the zone first.")
        return zone
