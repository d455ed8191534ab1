"""A report as the workbook the staff enter from, or upload again."""

import hashlib
from decimal import Decimal

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.text import slugify

from approvals.mail.drafting import Attachment
from inventory.day_end.contents import items_of
from inventory.day_end.discrepancies import discrepancies_of
from inventory.excel.workbooks import DiscrepancyRow, UpdateRow, day_end_workbook
from inventory.models import DayEndReport

ALIAS = "default"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_of(report: DayEndReport) -> bytes:
    """From what the report froze: the same figures whenever it is asked for."""
    return day_end_workbook(
        business_date=report.business_date,
        location=str(report.location),
        updates=[
            UpdateRow(row.item_code, row.description, Decimal(row.previous), Decimal(row.sold), Decimal(row.remaining))
            for row in items_of(report)
        ],
        discrepancies=[
            DiscrepancyRow(row.item_code, _quantity(row.in_excel), _quantity(row.here), row.action)
            for row in discrepancies_of(report)
        ],
    )


def workbook_name(report: DayEndReport) -> str:
    return f"end-of-day-{report.business_date:%Y-%m-%d}-{slugify(report.location.code)}.xlsx"


def store_workbook(report: DayEndReport) -> Attachment:
    """For the mail: its name, and the hash the approval is bound to."""
    content = workbook_of(report)
    digest = hashlib.sha256(content).hexdigest()
    path = f"day_end/{report.pk}-{digest[:12]}.xlsx"
    stored = storages[ALIAS].save(path, ContentFile(content))
    return Attachment(name=workbook_name(report), path=stored, sha256=digest, storage=ALIAS)


def _quantity(text: str) -> Decimal | None:
    return Decimal(text) if text else None
