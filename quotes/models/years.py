"""The school year as a column: the year it begins in, as a number."""

from django.db.models import Q

from quotes.school_years import EARLIEST, LATEST, SchoolYear


def school_year_known() -> Q:
    return Q(school_year__gte=EARLIEST, school_year__lte=LATEST)


def school_year_text(start: int | None) -> str:
    """`2026-27`, or nothing."""
    return "" if start is None else str(SchoolYear(start))
