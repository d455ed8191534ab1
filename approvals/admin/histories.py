"""History pages: who changed what. They show; they never write."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin


class HistoryAdmin(SimpleHistoryAdmin, ModelAdmin):
    """A row with its history. simple-history's own page takes a POST as a revert from anybody who may see it;
    here a history page refuses every POST, and the fields hidden from a user are hidden in the past too."""

    history_list_per_page = 50

    def hidden_fields(self, request: HttpRequest) -> Sequence[str]:
        """Names of the fields this user may not see."""
        return ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """`?avg_cost__gte=34` in the address would tell a hidden number by halving."""
        hidden = lookup.split("__")[0] in self.hidden_fields(request)
        return not hidden and bool(super().lookup_allowed(lookup, value, request))

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied("History cannot be changed. Edit the row itself.")
        return super().history_form_view(request, object_id, version_id, extra_context)

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        super().set_history_delta_changes(request, historical_records, foreign_keys_are_objs)
        labels = (self.model._meta.get_field(name) for name in self.hidden_fields(request))
        hidden = {str(getattr(field, "verbose_name", "")).lower() for field in labels}
        for record in historical_records:
            changes = getattr(record, "history_delta_changes", None)
            if changes and hidden:
                record.history_delta_changes = [c for c in changes if str(c["field"]).lower() not in hidden]
