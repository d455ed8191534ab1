"""One alert for all balances that differ from NetSuite for longer than a moment."""

from collections.abc import Mapping

from django.db.models import Count, QuerySet
from django.urls import NoReverseMatch, reverse

from approvals.alerts import raise_alert, resolve_alert
from inventory.mirror.verdicts import LOOKS_TO_SETTLE
from inventory.models import Parity

DRIFT_ALERT = "netsuite-drift"
NAMED = 3
KINDS: dict[str, str] = {
    Parity.State.DRIFT: "with another quantity",
    Parity.State.MISSING_HERE: "missing here",
    Parity.State.MISSING_THERE: "missing in NetSuite",
}


def settled() -> QuerySet[Parity]:
    """Apart from NetSuite for long enough, and neither explained nor accepted."""
    return Parity.objects.filter(state__in=Parity.APART, seen__gte=LOOKS_TO_SETTLE)


def tell_of_drift() -> None:
    """Raise, refresh or resolve the alert, in the caller's transaction."""
    counts = dict(settled().order_by().values_list("state").annotate(rows=Count("pk")))
    if not counts:
        resolve_alert(key=DRIFT_ALERT)
        return
    raise_alert(key=DRIFT_ALERT, severity="warning", message=_message(counts), link=parity_list(look="apart"))


def _message(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    kinds = ", ".join(f"{rows} {KINDS[state]}" for state, rows in sorted(counts.items()))
    first = settled().select_related("item", "location").order_by("pk")[:NAMED]
    examples = "; ".join(
        f"{row}: {_plain(row.our_quantity)} here, {_plain(row.netsuite_quantity)} there" for row in first
    )
    differs = "balance differs" if total == 1 else "balances differ"
    return (
        f"{total} {differs} from NetSuite ({kinds}). {examples}{'; …' if total > NAMED else ''}. "
        "Decide the proposed corrections, or find out which side is wrong."
    )


def _plain(quantity: object) -> str:
    return "none" if quantity is None else f"{quantity:,.3f}".rstrip("0").rstrip(".")


def parity_list(**query: str) -> str:
    """The list of balances beside NetSuite's, or nothing where no admin is installed."""
    try:
        path = reverse("admin:inventory_parity_changelist")
    except NoReverseMatch:
        return ""
    return path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")
