"""23:00 on business days: a reconciliation for every enabled client."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min

from approvals.business_days import business_day_of, days_between, every_business_day
from approvals.clock import now
from approvals.contract import Schedule
from approvals.schedules import latest_slot
from inventory.models import WmsClient, WmsReconciliation
from inventory.wms.reconciling import reconcile_wms, summary_of

LOOKED_BACK = timedelta(days=60)


def reconcile_all(slot_at: datetime) -> str:
    """The slot's own day, also when it is caught up later."""
    day = business_day_of(slot_at)
    made = [reconcile_wms(client=client, business_date=day) for client in clients_due()]
    if not made:
        return "No WMS client is enabled: there is nothing to reconcile."
    return "; ".join(f"{row.client}: {summary_of(row)}" for row in made) + "."


RECONCILIATION = Schedule(
    key="wms_reconciliation",
    title="Daily reconciliation with the WMS",
    when=every_business_day(23),
    on_slot=reconcile_all,
    by_hand="make it by hand on the WMS reconciliations page",
)


@dataclass(frozen=True)
class Missing:
    business_date: date
    client: WmsClient


def clients_due() -> list[WmsClient]:
    return list(WmsClient.objects.filter(is_enabled=True).select_related("location").order_by("wms_id"))


def last_day_over() -> date:
    """The last business day whose reconciliation is due by now."""
    return business_day_of(latest_slot(RECONCILIATION.when, now()))


def missing_days(until: date) -> list[Missing]:
    """Business days up to `until` without a reconciliation, the latest first, from each client's first message on."""
    earliest = until - LOOKED_BACK
    made = set(WmsReconciliation.objects.filter(business_date__gte=earliest).values_list("business_date", "client_id"))
    first = dict(WmsClient.objects.order_by().annotate(first=Min("messages__received_at")).values_list("pk", "first"))
    begun, clients = {pk: business_day_of(at) for pk, at in first.items() if at}, clients_due()
    return [
        Missing(day, client)
        for day in days_between(earliest, until)
        for client in clients
        if client.pk in begun and begun[client.pk] <= day and (day, client.pk) not in made
    ]
