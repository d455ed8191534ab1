"""The forms: which file or zone, and when it was counted."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.timezone import localtime

from approvals.clock import now
from inventory.admin.file_field import SpreadsheetField
from inventory.admin.moments import MomentField, place_of_clock
from inventory.models import Zone

_QUANTITY = re.compile(r"\d{1,7}(\.\d{1,3})?")  # as in a file: see reading.quantities


class ZoneField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} {obj.name}".strip()


def zone_field(**options: Any) -> ZoneField:
    zones = Zone.objects.filter(is_active=True).select_related("location")
    return ZoneField(zones, widget=forms.Select(attrs={"class": "cs-field"}), **options)


class CountedAtField(MomentField):
    """Now unless somebody says otherwise."""

    def __init__(self) -> None:
        super().__init__(label="When it was counted", initial=lambda: localtime(now()))
        self.help_text = (
            f"{place_of_clock()} time. Goods that moved after this moment are taken into account: they were still "
            "there when you counted."
        )


class UploadForm(forms.Form):
    file = SpreadsheetField(label="Walk-sheet", missing="Choose the file with the counts.")
    zone = zone_field(
        label="Zone",
        required=False,
        empty_label="The sheet says it",
        help_text="Leave it if the file is one of our own walk-sheets: its sheet id says which zone it is.",
    )

    def __init__(self, *args: Any, knows_zone: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["counted_at"] = CountedAtField()
        if knows_zone:
            del self.fields["zone"]


class TimeForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["counted_at"] = CountedAtField()


class ZoneForm(forms.Form):
    zone = zone_field(label="Zone", error_messages={"required": "Choose the zone that is to be counted."})


class NotAQuantity(Exception):
    """`str(error)` says what was typed and how to put it right."""


def read_quantity(typed: str) -> Decimal | None:
    """None for nothing typed. Raises NotAQuantity."""
    text = typed.strip()
    if not text:
        return None
    if not _QUANTITY.fullmatch(text):
        raise NotAQuantity(
            f"“{text[:30]}” is not a quantity. Use digits, and a point before decimals, such as 12 or 3.5."
        )
    return Decimal(text)
