"""For which items Excel decides how many there are."""

from collections.abc import Iterable

from inventory.models import Authority, Balance, Location


def decided_by_excel(item_ids: Iterable[int], *, location: Location) -> set[int]:
    balances = Balance.objects.filter(location=location, item__any_of=set(item_ids), authority=Authority.EXCEL)
    return set(balances.order_by().values_list("item_id", flat=True))
