"""A quote before it is approved: the payload of its proposed action, as JSON.

It holds what the customer will see and where each price comes from. Cost is not in it, for payloads are shown to
people who may not see cost: it is read from the pricing master when it is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from quotes.models import QuoteLine
from quotes.school_years import SchoolYear, parse_school_year
from quotes.wishes import text_of

NOT_KEPT = {"id", "quote", "cost_basis", "cost_date", "award_status", "po_number", "po_date", "award_note"}
KEPT = [column for column in QuoteLine._meta.concrete_fields if column.name not in NOT_KEPT]


@dataclass(frozen=True)
class Draft:
    """`heading` is the customer-facing frame of the document as it was when drafted; see `quotes.contents_of`."""

    customer_id: int
    school_year: SchoolYear
    valid_until: date
    prices_from: date
    prices_to: date
    drafted_at: datetime
    lines: tuple[QuoteLine, ...]
    heading: Mapping[str, Any]
    include_pdf: bool = True
    catalog: str = ""
    revises: int | None = None
    bid_reference: str = ""
    notes: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def dated(self) -> date:
        """The date on the document."""
        return timezone.localdate(self.drafted_at)


def stored(draft: Draft) -> dict[str, Any]:
    return {
        "customer_id": draft.customer_id,
        "school_year": str(draft.school_year),
        "valid_until": text_of(draft.valid_until),
        "prices_from": text_of(draft.prices_from),
        "prices_to": text_of(draft.prices_to),
        "drafted_at": draft.drafted_at.isoformat(),
        "include_pdf": draft.include_pdf,
        "catalog": draft.catalog,
        "revises": draft.revises,
        "bid_reference": draft.bid_reference,
        "notes": draft.notes,
        "warnings": list(draft.warnings),
        "heading": dict(draft.heading),
        "lines": lines_stored(draft.lines),
    }


def read(payload: Mapping[str, Any]) -> Draft:
    days = {name: date.fromisoformat(payload[name]) for name in ("valid_until", "prices_from", "prices_to")}
    return Draft(
        customer_id=payload["customer_id"],
        school_year=parse_school_year(payload["school_year"]),
        drafted_at=datetime.fromisoformat(payload["drafted_at"]),
        lines=tuple(line_read(line) for line in payload["lines"]),
        heading=payload["heading"],
        include_pdf=payload["include_pdf"],
        catalog=payload["catalog"],
        revises=payload["revises"],
        bid_reference=payload["bid_reference"],
        notes=payload["notes"],
        warnings=tuple(payload["warnings"]),
        **days,
    )


def lines_stored(lines: Sequence[QuoteLine]) -> list[dict[str, Any]]:
    return [line_stored(line) for line in lines]


def line_stored(line: QuoteLine) -> dict[str, Any]:
    """What is empty is left out."""
    values = ((column.attname, getattr(line, column.attname)) for column in KEPT)
    kept = {name: text_of(value) if isinstance(value, Decimal | date) else value for name, value in values}
    return {name: value for name, value in kept.items() if value not in (None, "")}


def line_read(given: Mapping[str, Any]) -> QuoteLine:
    """An unsaved quote line, without cost."""
    return QuoteLine(**{name: _value(QuoteLine._meta.get_field(_field_of(name)), text) for name, text in given.items()})


def _field_of(attname: str) -> str:
    return attname.removesuffix("_id") if attname == "spec_item_id" else attname


def _value(column: Any, value: Any) -> Any:
    if isinstance(column, models.DecimalField | models.DateField) and value is not None:
        return column.to_python(value)
    return value
