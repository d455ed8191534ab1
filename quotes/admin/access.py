"""Who may see cost and margin. Asked on the server for every list, form, filter, history, export and import.

One implies the other (a price and a margin give the cost), so they are shown together or not at all.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from approvals.admin.histories import HistoryAdmin

COST = "quotes.view_cost"
COST_FIELDS = ("cost_basis", "cost_date")
COST_SHOWN = (*COST_FIELDS, "cost", "margin", "standing")


def sees_cost(user: Any) -> bool:
    return bool(user.has_perm(COST))


class CostAwareAdmin(HistoryAdmin):
    """A screen of rows with a cost: without the permission its columns are not there, under any address."""

    def hidden_fields(self, request: HttpRequest) -> Sequence[str]:
        return () if sees_cost(request.user) else COST_FIELDS

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return self.hidden_fields(request)

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        columns = super().get_list_display(request)
        return columns if sees_cost(request.user) else [name for name in columns if name not in COST_SHOWN]

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        filters = super().get_list_filter(request)
        return filters if sees_cost(request.user) else [each for each in filters if not _tells_cost(each)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if sees_cost(request.user):
            return sets
        return [(name, {**options, "fields": _without_cost(options["fields"])}) for name, options in sets]

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "may_see_cost": sees_cost(request.user)}


def _tells_cost(each: Any) -> bool:
    return getattr(each, "tells_cost", False) or (isinstance(each, tuple) and each[0] in COST_FIELDS)


def _without_cost(fields: Any) -> list[Any]:
    kept = [tuple(n for n in name if n not in COST_SHOWN) if isinstance(name, tuple) else name for name in fields]
    return [name for name in kept if name and name not in COST_SHOWN]
