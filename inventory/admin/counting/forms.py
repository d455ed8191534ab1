"""The forms: which file or zone, and when it was counted."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone_name, localtime

from approvals.clock import now
from inventory.models import Zone
from inventory.spreadsheets import DEFAULT_LIMITS

MIB = 1024 * 1024
_QUANTITY = re.compile(r"\d{1,7}(\.\d{1,3})?")  # as in a file: see reading.quantities


def place_of_clock() -> str:
    return get_current_timezone_name().split("/")[-1].replace("_", " ")


class ZoneField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} {obj.name}".strip()


def zone_field(**options: Any) -> ZoneField:
    zones = Zone.objects.filter(is_active=True).select_related("location")
    return ZoneField(zones, widget=forms.Select(attrs={"class": "cs-field"}), **options)


class CountedAtField(forms.DateTimeField):
    """A wall clock where the counts are made; now unless somebody says otherwise."""

    def __init__(self) -> None:
        picker = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "cs-field"})
        super().__init__(
            label="When it was counted",
            widget=picker,
            initial=lambda: localtime(now()),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            error_messages={"invalid": "Enter a date and a time, such as 2026-11-02 07:30."},
        )
        self.help_text = (
            f"{place_of_clock()} time. Goods that moved after this moment are taken into account: they were still "
            "there when you counted."
        )


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Walk-sheet",
        help_text="Excel (.xlsx, .xlsm, .xls), OpenDocument (.ods) or CSV, up to 10 MiB.",
        widget=forms.FileInput(attrs={"class": "cs-field", "accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt,.tsv"}),
        error_messages={
            "required": "Choose the file with the counts.",
            "empty": "The file is empty. Save it again in your spreadsheet program, and choose it once more.",
        },
    )
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

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > DEFAULT_LIMITS.upload_bytes:
            most = DEFAULT_LIMITS.upload_bytes // MIB
            raise forms.ValidationError(
                f"The file is {file.size / MIB:.1f} MiB; at most {most} MiB are read. Split it."
            )
        return file


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
