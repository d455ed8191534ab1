"""The feed's figures for monitoring, one series for each client: `source="wms:<wms id>"`."""

import logging
from collections.abc import Iterator

from django.db import OperationalError
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from approvals import watching
from approvals.metrics import by_label, gauge, register
from inventory.models import WmsGap, WmsIntake, WmsTotals
from inventory.wms.discrepancies import discrepancies
from inventory.wms.retaking import to_be_mended
from inventory.wms.totals import LAG_BOUNDS, OUTCOMES, add_up

log = logging.getLogger(__name__)


def feed() -> Iterator[Metric]:
    try:
        add_up()
    except OperationalError as busy:
        log.warning("wms totals are as of the last tick: %s", busy)
    updates = CounterMetricFamily(
        "inventory_sync_updates", "Updates, by what they were answered.", labels=["source", "outcome"]
    )
    lag = HistogramMetricFamily(
        "inventory_sync_apply_lag_seconds",
        "From when an update was true, by the sender's clock, until it took effect here.",
        labels=["source"],
    )
    for totals in WmsTotals.objects.select_related("client").order_by("client__wms_id"):
        source = source_of(totals.client.wms_id)
        for outcome in OUTCOMES:
            updates.add_metric([source, outcome], totals.outcomes.get(outcome, 0))
        bounds = [*(str(float(bound)) for bound in LAG_BOUNDS), "+Inf"]
        buckets = list(zip(bounds, totals.lag_counts, strict=True))
        lag.add_metric([source], buckets=buckets, sum_value=totals.lag_seconds)
    yield updates
    yield lag


def standing() -> Iterator[Metric]:
    taken = WmsIntake.objects.filter(client__is_enabled=True).values_list("client__wms_id", "taken_at")
    yield gauge(
        "inventory_sync_last_success_timestamp_seconds",
        "When a message of an enabled client was last taken.",
        [((source_of(wms_id),), taken_at) for wms_id, taken_at in taken.order_by("client__wms_id")],
        "source",
    )
    yield gauge(
        "inventory_sync_open_gaps",
        "Holes in the sequence of a client that are still open.",
        WmsGap.objects.filter(closed_at=None).count(),
    )
    yield gauge(
        "inventory_sync_quarantined",
        "Updates that wait for somebody; without those of stock that is not for sale.",
        to_be_mended().count(),
    )


def apart() -> Iterator[Metric]:
    found = discrepancies()
    yield gauge(
        "inventory_discrepant_items",
        "Items of which the ledger and the last word of their WMS differ, by how many units.",
        by_label(found.bands),
        "band",
    )
    yield gauge("inventory_discrepancy_ratio", "Share of the items compared that differ.", found.ratio)


def source_of(wms_id: str) -> str:
    return f"wms:{wms_id}"


register("wms_feed", feed)
register("wms_standing", standing)
register("wms_discrepancies", apart, is_slow=True)
watching.register("wms_totals", add_up)
