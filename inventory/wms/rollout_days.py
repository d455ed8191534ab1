"""Each wave's agreement on a business date, noted by the reconciliation of that day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from inventory.models import (
    Balance,
    OrderLine,
    OversellIncident,
    WmsAgreement,
    WmsReconciliation,
    WmsRollout,
    WmsRolloutBalance,
)
from inventory.wms.agreement import Compared, add_up
from inventory.wms.freshness import freshness


def note_agreements(made: WmsReconciliation, compared: Mapping[int, Compared], stale_before: datetime) -> None:
    """One row for each wave of the client that has not ended. `compared` is {item id: both sides}."""
    waves = list(WmsRollout.objects.filter(client=made.client_id).exclude(stage=WmsRollout.Stage.ENDED).order_by("pk"))
    members: dict[int, list[int]] = defaultdict(list)
    if waves:
        rows = WmsRolloutBalance.objects.filter(rollout__in=waves).order_by()
        for wave_id, item_id in rows.values_list("rollout_id", "balance__item_id"):
            members[wave_id].append(item_id)
    for wave in waves:
        sums = add_up((compared[item] for item in members[wave.pk] if item in compared), stale_before)
        span = (made.covers_from, made.covers_until)
        oversells, units = oversells_of(wave, *span)
        WmsAgreement.objects.create(
            rollout=wave, reconciliation=made, business_date=made.business_date, stage=wave.stage,
            items=len(members[wave.pk]), compared=sums.compared, differing=sums.differing,
            freshness_median=freshness(made.client, *span, wave).median, oversells=oversells, oversold_units=units,
            order_lines=order_lines_of(wave, *span),
        )  # fmt: skip


def oversells_of(wave: WmsRollout, begin: datetime, end: datetime) -> tuple[int, Decimal]:
    """Incidents opened for the wave's items after `begin`, until `end`; and the units, each at its worst."""
    rows = OversellIncident.objects.filter(
        location=wave.client.location_id, item__in=_items(wave), opened_at__gt=begin, opened_at__lte=end
    )
    found = rows.order_by().aggregate(incidents=Count("pk"), units=Sum("worst"))
    return found["incidents"], round(found["units"] or Decimal(0), 3)


def order_lines_of(wave: WmsRollout, begin: datetime, end: datetime) -> int:
    """Order lines placed at its location for the wave's items after `begin`, until `end`."""
    rows = OrderLine.objects.filter(
        order__location=wave.client.location_id, item__in=_items(wave), order__placed_at__gt=begin,
        order__placed_at__lte=end,
    )  # fmt: skip
    return rows.order_by().count()


def _items(wave: WmsRollout) -> QuerySet[Balance, Any]:
    return Balance.objects.filter(wms_rollouts__rollout=wave).order_by().values("item")
