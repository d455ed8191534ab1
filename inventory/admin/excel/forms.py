"""The forms: which workbook, of which location, and when what it says was true."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from approvals.clock import now
from inventory.admin.file_field import SpreadsheetField
from inventory.admin.moments import MomentField, place_of_clock
from inventory.excel.context import CLOCK_TOLERANCE
from inventory.models import Location, Upload


def _latest_location() -> Location | None:
    last = Upload.objects.filter(kind=Upload.Kind.STOCK).select_related("location").defer("reading").first()
    return last.location if last else None


class LocationField(forms.ModelChoiceField):
    """Chosen already when there is only one, or when a workbook came before."""

    def __init__(self) -> None:
        super().__init__(
            Location.objects.order_by("code"),
            label="Location",
            empty_label="Choose",
            widget=forms.Select(attrs={"class": "cs-field"}),
            error_messages={"required": "Choose the location whose stock the workbook states."},
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> Any:
        if not form.is_bound and self.initial is None:
            self.initial = self._most_likely()
        return super().get_bound_field(form, field_name)

    def _most_likely(self) -> Location | None:
        first_two = list(Location.objects.order_by("code")[:2])
        return first_two[0] if len(first_two) == 1 else _latest_location()

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} {obj.name}".strip()


class WorkbookForm(forms.Form):
    """`file_changed` is filled in by the browser: when the file was last changed, in milliseconds since 1970."""

    file = SpreadsheetField(label="Workbook", missing="Choose the workbook with the stock.")
    file_changed = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["location"] = LocationField()
        self.fields["as_of"] = as_of_field(required=False)
        self.fields["as_of"].help_text = (
            f"{place_of_clock()} time. Leave it empty to use when the workbook was last saved. Goods that moved after "
            "this moment are taken into account."
        )

    def clean_as_of(self) -> datetime | None:
        as_of: datetime | None = self.cleaned_data["as_of"]
        if as_of and as_of > now() + CLOCK_TOLERANCE:
            raise forms.ValidationError("This moment has not come yet.")
        return as_of

    def clean_file_changed(self) -> datetime | None:
        """What a browser says of a clock is a help, not a condition."""
        try:
            moment = datetime.fromtimestamp((self.cleaned_data["file_changed"] or 0) / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return None
        return moment if moment.year > 1980 and moment <= now() else None


def as_of_field(**options: Any) -> MomentField:
    return MomentField(label="As of", **options)


class AsOfForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["as_of"] = as_of_field()
