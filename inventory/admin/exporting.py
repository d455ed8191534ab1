"""Files that leave: no cell of ours is taken for a formula, and numbers stay numbers.

A text that begins with one of = + - @ tab or carriage return gets a leading apostrophe, which spreadsheets show as
plain text; the same file read back loses it again.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from import_export import resources
from import_export.fields import Field
from import_export.widgets import DateTimeWidget
from openpyxl import Workbook

from approvals.refusals import Refused
from inventory.spreadsheets.writing import XLSX, text_cell

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS_IN_A_BROWSER = 2_000


def safe_text(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text


def original_text(text: str) -> str:
    """What `safe_text` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text


def safe_cell(value: Any) -> Any:
    """Texts made harmless; numbers, dates and nothing as they are."""
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return value
    return safe_text(str(value))


class SafeResource(resources.ModelResource):
    """What every import-export resource of ours starts from."""

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Refuse what a browser cannot preview, and take the apostrophes of our own exports away."""
        rows = len(dataset)
        if rows > MOST_ROWS_IN_A_BROWSER:
            headers = dataset.headers
            dataset.wipe()  # the library goes on with the rows after a refusal
            dataset.headers = headers
            raise Refused(
                f"The file has {rows:,} rows; the preview takes {MOST_ROWS_IN_A_BROWSER:,}. "
                "Split the file, or use the import command, which takes any number."
            )
        for position, row in enumerate(dataset):
            cells = [original_text(cell) if isinstance(cell, str) else cell for cell in row]
            if list(row) != cells:
                dataset[position] = cells

    def export_field(self, field: Field, instance: Any, **kwargs: Any) -> Any:
        """Escaped by what the value is, not by how it is written: -5 stays a number, the text "-5" does not."""
        rendered = super().export_field(field, instance, **kwargs)
        value = field.get_value(instance) if field.attribute else rendered
        if value is None or isinstance(value, bool | int | float | Decimal | date):
            return rendered
        return safe_cell(rendered)

    class Meta:
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True


def moment_field(attribute: str) -> Field:
    return Field(attribute=attribute, column_name=attribute, readonly=True, widget=DateTimeWidget("%Y-%m-%d %H:%M:%S"))


def download(*, headers: Sequence[str], rows: Iterable[Sequence[Any]], name: str, kind: str) -> HttpResponse:
    """The rows as `name`.csv or `name`.xlsx; `kind` is csv or xlsx."""
    content = _xlsx(headers, rows) if kind == "xlsx" else _csv(headers, rows)
    types = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}
    return as_file(content, f"{name}.{kind}", types[kind])


def as_file(content: bytes | str, name: str, content_type: str = XLSX) -> HttpResponse:
    """A file to keep; browsers and proxies keep no copy of their own."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headers)
    writer.writerows([safe_cell(_local(cell)) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.append(list(headers))
    for row in rows:
        sheet.append([_written(sheet, safe_cell(_local(cell))) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _written(sheet: Any, value: Any) -> Any:
    return text_cell(sheet, value) if isinstance(value, str) else value


def _local(value: Any) -> Any:
    """Spreadsheets know no time zones: the wall clock of the counts."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    return value
