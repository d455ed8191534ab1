"""The field for a spreadsheet that somebody brings."""

from typing import Any

from django import forms

from inventory.spreadsheets import DEFAULT_LIMITS

MIB = 1024 * 1024
KINDS = "Excel (.xlsx, .xlsm, .xls), OpenDocument (.ods) or CSV, up to 10 MiB."


class SpreadsheetField(forms.FileField):
    def __init__(self, *, missing: str, **options: Any) -> None:
        super().__init__(
            help_text=KINDS,
            widget=forms.FileInput(attrs={"class": "cs-field", "accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt,.tsv"}),
            error_messages={
                "required": missing,
                "empty": "The file is empty. Save it again in your spreadsheet program, and choose it once more.",
            },
            **options,
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file.size > DEFAULT_LIMITS.upload_bytes:
            most = DEFAULT_LIMITS.upload_bytes // MIB
            raise forms.ValidationError(
                f"The file is {file.size / MIB:.1f} MiB; at most {most} MiB are read. Split it."
            )
        return file
