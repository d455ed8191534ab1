"""Filtering by school year."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from quotes.models.years import school_year_text


class SchoolYearFilter(DropdownFilter):
    """The years there are rows for, newest first."""

    title = "school year"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = model_admin.model.objects.order_by("-school_year").values_list("school_year", flat=True).distinct()
        return [(str(year), school_year_text(year)) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(school_year=int(value)) if value.isdigit() and len(value) == 4 else queryset
