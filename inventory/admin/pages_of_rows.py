"""Rows a page at a time, by the address's `p`."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

ROWS_PER_PAGE = 500


def page_of_rows(request: HttpRequest, rows: Any, per_page: int = ROWS_PER_PAGE) -> "Page[Any]":
    return Paginator(rows, per_page).get_page(request.GET.get("p"))
