"""Lists over tables of millions of rows."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_COUNTED = 5_000


class CappedPaginator(Paginator[object]):
    """Counts at most MOST_COUNTED rows: counting a million costs more than showing fifty.

    Further back one comes by filter or search, which everybody prefers to page 900 anyway.
    """

    template_name = "approvals/capped_pagination.html"

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[: MOST_COUNTED + 1].count())  # type: ignore[union-attr]

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED
