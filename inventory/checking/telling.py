"""Alerts about questions: nobody answered in time, or there is nobody to ask. The tick looks for the first."""

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.urls import NoReverseMatch, reverse

from approvals import watching
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.models import Alert
from inventory.models import Location, StockQuestion

Status = StockQuestion.Status


def overdue_key(pk: int) -> str:
    return f"stock-question-{pk}"


def watch_questions() -> None:
    """Questions that were given to nobody go to the stock keeper who was named since; late ones are told of."""
    give_to_stock_keepers()
    _tell_of_late_ones()


def give_to_stock_keepers() -> None:
    waiting = StockQuestion.objects.filter(
        status=Status.OPEN, assigned_to=None, location__stock_keeper__isnull=False
    ).order_by()
    locations = list(Location.objects.filter(pk__in=waiting.values("location")))
    if not locations:
        return
    keeper = Location.objects.filter(pk=OuterRef("location")).values("stock_keeper")
    with transaction.atomic():
        waiting.update(assigned_to=Subquery(keeper))
        for location in locations:
            tell_if_nobody_is_named(location)


def _tell_of_late_ones() -> None:
    """Once for each question."""
    late = StockQuestion.objects.filter(status=Status.OPEN, due_at__lt=now())
    rows = list(late.select_related("item", "location", "assigned_to").order_by("due_at", "pk"))
    if not rows:
        return
    told = set(Alert.objects.filter(key__in=[overdue_key(row.pk) for row in rows]).values_list("key", flat=True))
    for question in rows:
        if overdue_key(question.pk) not in told:
            whom = question.assigned_to or "nobody in particular"
            message = (
                f"{question} Asked of {whom} and not answered by {question.due_at:%Y-%m-%d %H:%M %Z}. "
                "Go and look, or cancel the question."
            )
            link = page_link("inventory_stockquestion_change", question.pk)
            raise_alert(key=overdue_key(question.pk), severity=Alert.Severity.WARNING, message=message, link=link)


def tell_if_nobody_is_named(location: Location) -> None:
    key = f"no-stock-keeper-{location.pk}"
    waiting = StockQuestion.objects.filter(location=location, status=Status.OPEN, assigned_to=None)
    if not waiting.exists():
        resolve_alert(key=key)
    elif not Alert.objects.filter(key=key, resolved_at=None).exists():
        message = (
            f"Location {location.code} has no stock keeper, so questions about its stock are given to nobody. "
            "Name one on the location's page."
        )
        link = page_link("inventory_location_change", location.pk)
        raise_alert(key=key, severity=Alert.Severity.WARNING, message=message, link=link)


def page_link(page: str, pk: int) -> str:
    """Nothing where no admin is installed."""
    try:
        return reverse(f"admin:{page}", args=[pk])
    except NoReverseMatch:
        return ""


watching.register("stock_questions", watch_questions)
