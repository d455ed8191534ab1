"""More promised than there is: an incident is open for as long as that is so. Nothing is clamped or cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from approvals import watching
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.models import Alert
from approvals.set_based import insert_rows, update_rows
from approvals.templatetags.figures import quantity
from inventory.models import Balance, Location, OversellIncident

CLOSED = ("shortfall", "worst", "closed_at")


def note_shortfalls(location: Location, shortfalls: Mapping[int, Decimal], at: datetime) -> None:
    """Open, update and close. `shortfalls` is {item id: promised less on hand}, zero or less when all is well; the
    caller holds the balances' locks, so that there is one open incident for each."""
    if not shortfalls:
        return
    rows = OversellIncident.objects.filter(location=location, item__any_of=list(shortfalls), closed_at=None).order_by()
    known = {
        item_id: (pk, was, worst) for pk, item_id, was, worst in rows.values_list("pk", "item", "shortfall", "worst")
    }
    changed = []
    for item_id, (pk, was, worst) in known.items():
        short = max(shortfalls[item_id], Decimal(0))
        if short != was:
            changed.append((pk, short, max(worst, short), None if short else at))
    update_rows(OversellIncident, CLOSED, changed)
    opened = [(item_id, short) for item_id, short in shortfalls.items() if short > 0 and item_id not in known]
    insert_rows(
        OversellIncident,
        ["item", "location", "shortfall", "worst", "opened_at"],
        [(item_id, location.pk, short, short, at) for item_id, short in opened],
    )
    if opened or changed:
        _tell(location)


def _tell(location: Location) -> None:
    open_ones = OversellIncident.objects.filter(location=location, closed_at=None)
    worst = open_ones.select_related("item").order_by("-shortfall", "pk").first()
    key = f"oversell-{location.pk}"
    if worst is None:
        resolve_alert(key=key)
        return
    number = open_ones.count()
    what, is_are = (f"{number} items", "are") if number > 1 else ("An item", "is")
    raise_alert(
        key=key,
        severity=Alert.Severity.CRITICAL,
        message=f"{what} at {location.code} {is_are} promised to orders beyond what there is: "
        f"most of all {worst.item.item_code}: {quantity(worst.shortfall)} {worst.item.unit} short. Decide which orders "
        "wait or are cancelled.",
        link="/admin/inventory/oversellincident/?standing=open",
    )


@dataclass(frozen=True)
class Oversold:
    """Items that are promised beyond what there is; `worst` begins with the largest shortfall."""

    items: int
    worst: list[OversellIncident]


def oversold(shown: int = 3) -> Oversold:
    open_ones = OversellIncident.objects.filter(closed_at=None)
    worst = list(open_ones.select_related("item", "location").order_by("-shortfall", "pk")[:shown])
    return Oversold(open_ones.count() if len(worst) == shown else len(worst), worst)


def watch_incidents() -> None:
    """Orders cancelled and goods received end incidents too: look again at what is open."""
    open_ones = OversellIncident.objects.filter(closed_at=None).order_by()
    for location in Location.objects.filter(pk__in=open_ones.values("location")).order_by("pk"):
        with transaction.atomic():
            items = open_ones.filter(location=location).values("item")
            balances = Balance.objects.select_for_update().filter(location=location, item__in=items).order_by("pk")
            rows = balances.values_list("item", "quantity_reserved", "quantity_on_hand")
            note_shortfalls(location, {item: reserved - on_hand for item, reserved, on_hand in rows}, now())


watching.register("oversell_incidents", watch_incidents)
