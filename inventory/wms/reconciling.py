"""The daily reconciliation: a client's newest words beside our balances, kept once for each business date.

The figures of stock are of the moment it is made; updates, gaps and incidents are of the stretch of time it covers:
since the reconciliation before, and not beyond its day. So each update is counted in one of them.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum

from approvals import audit
from approvals.alerts import raise_alert, resolve_alert
from approvals.business_days import beginning_of, business_day_before, business_day_of
from approvals.clock import now
from approvals.models import Alert
from approvals.refusals import Refused
from approvals.set_based import insert_rows
from approvals.templatetags.figures import quantity
from inventory.models import OversellIncident, WmsClient, WmsDifference, WmsGap, WmsMessage, WmsReconciliation
from inventory.wms.agreement import AGREES, Compared, Sums, add_up, band_of, compare_balances, words_without_balance
from inventory.wms.discrepancy_limit import is_above, limits, stale_after
from inventory.wms.freshness import freshness
from inventory.wms.rollout_days import note_agreements

PERMISSION = "inventory.add_wmsreconciliation"
COLUMNS = (
    *("reconciliation", "item", "outcome", "sequence", "said", "as_of", "moved", "on_hand"),
    *("difference", "band", "value"),
)


def reconcile_wms(*, client: WmsClient, business_date: date, by: Any | None = None) -> WmsReconciliation:
    """The reconciliation of that day, made now unless it exists; what it says never changes. Raises Refused.

    In a number of statements that does not depend on the number of items. `by` None is the schedule or a command.
    """
    if by is not None and not by.has_perm(PERMISSION):
        raise Refused(f"{by} may not reconcile a WMS. Ask an administrator for the integrator or approver role.")
    if business_date > business_day_of(now()):
        raise Refused(f"{business_date:%Y-%m-%d} is still to come. Reconcile it at the end of that day.")
    with transaction.atomic():
        # Two at once wait for each other here; messages, which only refer to the client, do not wait.
        WmsClient.objects.select_for_update(no_key=True).get(pk=client.pk)
        known = WmsReconciliation.objects.filter(client=client, business_date=business_date).first()
        return known or _make(client, business_date, by)


def _make(client: WmsClient, business_date: date, by: Any | None) -> WmsReconciliation:
    made_at = now()
    begin, end = covered(client, business_date, made_at)
    rows = [*compare_balances(client), *words_without_balance(client)]
    stale_before = made_at - stale_after()
    made = _store(client, business_date, (begin, end), add_up(rows, stale_before), made_at, by)
    _store_differences(made, rows, stale_before)
    note_agreements(made, {row.item_id: row for row in rows}, stale_before)
    _tell(made)
    audit.append(
        actor=by, verb="wms.reconciled", entity_ref=f"wms_reconciliation:{made.pk}",
        details={"wms_id": client.wms_id, "business_date": str(business_date), "summary": summary_of(made)},
    )  # fmt: skip
    return made


def covered(client: WmsClient, business_date: date, made_at: datetime) -> tuple[datetime, datetime]:
    """After the first moment, until the second."""
    before = business_day_before(business_date)
    earlier = WmsReconciliation.objects.filter(client=client, business_date=before).first()
    begin = earlier.covers_until if earlier else beginning_of(before + timedelta(days=1))
    return begin, max(begin, min(made_at, beginning_of(business_date + timedelta(days=1))))


def _store(
    client: WmsClient,
    business_date: date,
    span: tuple[datetime, datetime],
    sums: Sums,
    made_at: datetime,
    by: Any | None,
) -> WmsReconciliation:
    lags = freshness(client, *span)
    gaps = WmsGap.objects.filter(client=client, closed_at=None)
    incidents = OversellIncident.objects.filter(
        location=client.location_id, opened_at__gt=span[0], opened_at__lte=span[1]
    )
    oversold = incidents.aggregate(units=Sum("worst"))["units"] or 0
    return WmsReconciliation.objects.create(
        client=client, business_date=business_date, covers_from=span[0], covers_until=span[1],
        agreeing=sums.agreeing, differing=sums.differing, stale=sums.stale, never_told=sums.never_told,
        unknown_here=sums.unknown_here, bands=sums.bands, units=sums.units, value=sums.value,
        freshness_median=lags.median, freshness_p95=lags.p95, updates=_received(client, span),
        open_gaps=gaps.count(), missing_updates=gaps.aggregate(missing=Sum("still_missing"))["missing"] or 0,
        oversells=incidents.count(), oversold_units=round(oversold, 3), made_at=made_at, made_by=by,
    )  # fmt: skip


def _received(client: WmsClient, span: tuple[datetime, datetime]) -> dict[str, int]:
    """{outcome: updates}, duplicates among them, of those there are."""
    messages = WmsMessage.objects.filter(client=client, received_at__gt=span[0], received_at__lte=span[1])
    sums = messages.order_by().aggregate(**{outcome: Sum(outcome) for outcome in WmsMessage.OUTCOMES})
    return {outcome: number for outcome, number in sums.items() if number}


def _store_differences(made: WmsReconciliation, rows: Sequence[Compared], stale_before: datetime) -> None:
    differing = []
    for row in rows:
        outcome = row.outcome(stale_before)
        if outcome == AGREES:
            continue
        band = band_of(row.difference) if row.difference is not None else ""
        value = None if row.value is None else abs(row.value)
        differing.append(
            (made.pk, row.item_id, str(outcome), row.sequence, row.said, row.as_of, row.moved, row.on_hand,
             row.difference, str(band), value)
        )  # fmt: skip
    insert_rows(WmsDifference, COLUMNS, differing)


def _tell(made: WmsReconciliation) -> None:
    """One alert for each client, which ends with a later day that is below the threshold again."""
    latest = WmsReconciliation.objects.filter(client=made.client_id).order_by("-business_date").first()
    if latest != made:  # a day made up for says nothing of how things stand
        return
    key, limit = f"wms-discrepancy-{made.client_id}", limits()
    if is_above(made.ratio, limit):
        raise_alert(
            key=key,
            severity=Alert.Severity.WARNING,
            message=f"{made.client} and we differ on {made.differing:,} of {made.compared:,} items "
            f"({share(made.ratio)}, more than {quantity(limit.percent)} %). Look at the largest first; who is "
            "right is decided by looking on the shelf.",
            link=f"/admin/inventory/wmsreconciliation/{made.pk}/change/",
        )
    elif made.compared:
        resolve_alert(key=key)


def share(ratio: float | None) -> str:
    """As the percentages of the gates: `0.43 %`; never rounded down to nothing."""
    if ratio is None:
        return "–"
    return "less than 0.01 %" if 0 < ratio < 0.0001 else f"{ratio * 100:.2f} %"


def summary_of(made: WmsReconciliation) -> str:
    """In one line: "2 of 400 compared items differ (0.50 %), 3 never spoken of"."""
    if made.compared:
        said = f"{made.differing:,} of {made.compared:,} compared items differ ({share(made.ratio)})"
    else:
        said = "nothing could be compared"
    more = (
        (made.stale, "with an old word"),
        (made.never_told, "never spoken of"),
        (made.unknown_here, "not kept here"),
    )
    return ", ".join([said, *(f"{number:,} {what}" for number, what in more if number)])
