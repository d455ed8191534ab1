"""For which items Excel decides how many there are, or will again."""

from collections.abc import Iterable

from django.db.models import Q

from inventory.models import Authority, Balance, Location


def decided_by_excel(item_ids: Iterable[int], *, location: Location) -> set[int]:
    balances = Balance.objects.filter(location=location, item__any_of=set(item_ids), authority=Authority.EXCEL)
    return set(balances.order_by().values_list("item_id", flat=True))


def told_to_excel(item_ids: Iterable[int], *, location: Location) -> set[int]:
    """Those whose sales the staff enters: what Excel decides, and what it gets back if a wave of the WMS is switched
    back."""
    goes_back = Q(authority=Authority.WMS, wms_rollouts__is_current=True, wms_rollouts__before=Authority.EXCEL)
    balances = Balance.objects.filter(location=location, item__any_of=set(item_ids))
    rows = balances.filter(Q(authority=Authority.EXCEL) | goes_back)
    return set(rows.order_by().values_list("item_id", flat=True))
