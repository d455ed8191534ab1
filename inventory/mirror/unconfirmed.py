"""Which pushes NetSuite's numbers may not show yet, by balance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from inventory.mirror.verdicts import Moved, Unconfirmed
from inventory.models import Item, Location
from netsuite.models import Push
from netsuite.records import (
    INVENTORY_ADJUSTMENT,
    ITEM_CODE_FIELD,
    LOCATION_CODE_FIELD,
    quantities,
    reference_keys,
)

READ_LAG = timedelta(seconds=60)
"""A record NetSuite has just confirmed may be missing from its queries for so long."""

BalanceKey = tuple[int, int]  # item, location
Named = tuple[int, str, str]  # our id, NetSuite's id, code
PushRow = tuple[int, str, bool, dict[str, object]]
OPEN = {Push.Status.IN_FLIGHT, Push.Status.UNKNOWN, Push.Status.CONFLICT, Push.Status.CONFIRMED}


@dataclass(frozen=True)
class Names:
    """How pushes name our items and locations (key -> our id), and which of ours NetSuite knows by code only."""

    items: Mapping[str, int]
    locations: Mapping[str, int]
    unlinked: frozenset[str]

    def item(self, *, internal_id: str, code: str) -> int | None:
        return self._find(self.items, internal_id, code, ITEM_CODE_FIELD)

    def location(self, *, internal_id: str, code: str) -> int | None:
        return self._find(self.locations, internal_id, code, LOCATION_CODE_FIELD)

    def _find(self, names: Mapping[str, int], internal_id: str, code: str, code_field: str) -> int | None:
        """One that has NetSuite's id is known by that alone."""
        by_id, by_code = reference_keys(internal_id=internal_id, code=code, code_field=code_field)
        return names.get(by_id, names.get(by_code) if by_code in self.unlinked else None)


def our_names() -> Names:
    items = list(Item.objects.order_by().values_list("pk", "netsuite_id", "item_code"))
    locations = list(Location.objects.order_by().values_list("pk", "netsuite_id", "code"))
    unlinked = [*_codes(items, ITEM_CODE_FIELD), *_codes(locations, LOCATION_CODE_FIELD)]
    return Names(_named(items, ITEM_CODE_FIELD), _named(locations, LOCATION_CODE_FIELD), frozenset(unlinked))


def _codes(rows: Iterable[Named], code_field: str) -> list[str]:
    return [
        key
        for _, internal_id, code in rows
        if not internal_id
        for key in reference_keys(internal_id="", code=code, code_field=code_field)
    ]


def _named(rows: Iterable[Named], code_field: str) -> dict[str, int]:
    """Also by code where an id is known: a push from before the id was known says the code."""
    return {
        key: pk
        for pk, internal_id, code in rows
        for key in reference_keys(internal_id=internal_id, code=code, code_field=code_field)
    }


def open_pushes(since: datetime) -> list[PushRow]:
    """Pushes not final, and those confirmed so lately that a snapshot begun at `since` may lack them."""
    recent = Q(status=Push.Status.CONFIRMED, confirmed_at__gte=since - READ_LAG)
    rows = Push.objects.filter(~Q(status__in=Push.FINAL) | recent, record_type=INVENTORY_ADJUSTMENT)
    return list(rows.order_by("pk").values_list("pk", "status", "may_be_recorded", "payload"))


def by_balance(rows: Iterable[PushRow], names: Names) -> dict[BalanceKey, Unconfirmed]:
    waiting: dict[BalanceKey, list[Moved]] = {}
    unknown: dict[BalanceKey, list[Moved]] = {}
    for pk, status, may_be_recorded, payload in rows:
        into = unknown if may_be_recorded or status in OPEN else waiting
        for key, quantity in _changes(payload, names).items():
            into.setdefault(key, []).append((pk, quantity))
    return {key: Unconfirmed(tuple(waiting.get(key, ())), tuple(unknown.get(key, ()))) for key in {*waiting, *unknown}}


def _changes(payload: dict[str, object], names: Names) -> dict[BalanceKey, Decimal]:
    found: dict[BalanceKey, Decimal] = {}
    for (item_key, location_key), quantity in quantities(payload).items():
        item, location = names.items.get(item_key), names.locations.get(location_key)
        if item is not None and location is not None:
            found[item, location] = found.get((item, location), Decimal(0)) + quantity
    return found
