"""The inventory's figures for the dashboard, kept under the contract's cache keys.

`inventory:summary` and `inventory:zone:<id>` are thrown away by the workflow's step `kv_invalidate_inventory` and by
imports; everything else that moves stock shows after SECONDS_KEPT at the latest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Min, Q, Sum

from approvals.clock import now
from inventory.counting import accuracy
from inventory.counting.accuracy import Figures
from inventory.counting.closing import cache_keys
from inventory.counting.rotation import PROMISE
from inventory.models import Balance, Item

SUMMARY_KEY = "inventory:summary"
SECONDS_KEPT = 60
AT_HOME = Q(zone__isnull=False, zone__is_active=True, item__is_active=True)


@dataclass(frozen=True)
class Summary:
    """`counted_lately` of `countable` balances were counted within the promise; values in US dollars."""

    items: int
    on_hand_value: Decimal
    countable: int
    counted_lately: int
    figures: Figures

    @property
    def coverage(self) -> Decimal | None:
        return Decimal(self.counted_lately) / self.countable if self.countable else None


@dataclass(frozen=True)
class ZoneSummary:
    items: int = 0
    counted_lately: int = 0
    never_counted: int = 0
    oldest_count: datetime | None = None

    @property
    def coverage(self) -> Decimal | None:
        return Decimal(self.counted_lately) / self.items if self.items else None


def summary() -> Summary:
    found = cache.get(SUMMARY_KEY)
    if not isinstance(found, Summary):
        found = _summary()
        cache.set(SUMMARY_KEY, found, SECONDS_KEPT)
    return found


def _summary() -> Summary:
    since = now() - PROMISE
    stock = Balance.objects.aggregate(
        value=Sum(F("quantity_on_hand") * F("item__avg_cost")),
        countable=Count("pk", filter=AT_HOME),
        lately=Count("pk", filter=AT_HOME & Q(last_counted_at__gte=since)),
    )
    return Summary(
        items=Item.objects.filter(is_active=True).count(),
        on_hand_value=round(Decimal(stock["value"] or 0), 2),
        countable=stock["countable"],
        counted_lately=stock["lately"],
        figures=accuracy.overall(since),
    )


def zone_summaries(zone_ids: Iterable[int]) -> dict[int, ZoneSummary]:
    """One per zone; those not in the cache are computed together, in one query."""
    keys = {zone_id: zone_key(zone_id) for zone_id in zone_ids}
    cached = cache.get_many(keys.values())
    found = {pk: cached[key] for pk, key in keys.items() if isinstance(cached.get(key), ZoneSummary)}
    missing = [zone_id for zone_id in keys if zone_id not in found]
    if missing:
        computed = _zone_summaries(missing)
        cache.set_many({keys[pk]: row for pk, row in computed.items()}, SECONDS_KEPT)
        found |= computed
    return found


def zone_key(zone_id: int) -> str:
    return cache_keys(zone_id)[0]


def _zone_summaries(zone_ids: list[int]) -> dict[int, ZoneSummary]:
    rows = (
        Balance.objects.filter(AT_HOME, zone__in=zone_ids)
        .order_by()
        .values("zone")
        .annotate(
            items=Count("pk"),
            counted_lately=Count("pk", filter=Q(last_counted_at__gte=now() - PROMISE)),
            never_counted=Count("pk", filter=Q(last_counted_at=None)),
            oldest_count=Min("last_counted_at"),
        )
    )
    computed: dict[int, ZoneSummary] = dict.fromkeys(zone_ids, ZoneSummary())
    for row in rows:
        fields: dict[str, Any] = {name: value for name, value in row.items() if name != "zone"}
        computed[row["zone"]] = ZoneSummary(**fields)
    return computed


def forget(zone_ids: Iterable[int]) -> None:
    """Throw the figures away; after an import, which may touch any of these zones."""
    cache.delete_many([SUMMARY_KEY, *(zone_key(zone_id) for zone_id in zone_ids)])
