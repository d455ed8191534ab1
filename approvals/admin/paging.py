"""Lists over tables of millions of rows."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

MOST_COUNTED = 5_000


class CappedPaginator(Paginator[Any]):
    """Counts at most MOST_COUNTED rows: counting a million costs more than showing fifty.

    Further back one comes by filter or search, which everybody prefers to page 900 anyway.
    """

    template_name = "approvals/capped_pagination.html"

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


class CappedList(ChangeList):
    """Does not claim that more rows exist than it counted."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count: Any = self.result_count
