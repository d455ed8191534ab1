"""Rows of a workbook found by a part of the item's code or name, however many thousand there are."""

from django.db.models import Q
from django.http import HttpRequest

from inventory.excel.comparing import ComparedRow

LONGEST = 100


def sought(request: HttpRequest) -> str:
    """What the viewer looks for; empty for every row."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]


def has(row: ComparedRow, text: str) -> bool:
    return text.casefold() in row.item_code.casefold() or text.casefold() in row.description.casefold()


def condition_of(text: str) -> Q:
    """The same of stored lines."""
    return Q(item_code__icontains=text) | Q(description__icontains=text)
