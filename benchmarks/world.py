"""A warehouse of any size, written straight into the tables: only the stage, not what is measured."""

from decimal import Decimal

from django.contrib.auth.models import Group, User

from approvals.clock import now
from inventory.counting.submission import CountedItem
from inventory.models import Item, Location, Movement, Zone
from inventory.stock.ledger import NewMovement, record_movements


def people() -> tuple[User, User]:
    counter, _ = User.objects.get_or_create(username="bench-counter")
    approver, _ = User.objects.get_or_create(username="bench-approver")
    approver.groups.add(Group.objects.get(name="approver"))
    return counter, approver


def zone_with_items(name: str, size: int) -> Zone:
    """A zone of its own location with `size` items, 100 on hand each, $2.50."""
    location = Location.objects.create(code=name)
    zone = Zone.objects.create(location=location, code="A")
    Item.objects.bulk_create(
        [
            Item(item_code=f"{name}-{n:06d}", description=f"Item {n}", avg_cost=Decimal("2.50"), case_pack=12)
            for n in range(size)
        ],
        batch_size=5000,
    )
    ids = Item.objects.filter(item_code__startswith=f"{name}-").values_list("pk", flat=True)
    opening = [NewMovement(pk, Decimal(100), Movement.Kind.OPENING, now()) for pk in ids]
    record_movements(opening, location=location, source="benchmark", zone=zone)
    return zone


def all_differ(name: str, size: int) -> list[CountedItem]:
    """Every line counted, every line beyond the guardrail: the most a sheet can cost."""
    return [CountedItem(f"{name}-{n:06d}", Decimal(100 + 7 + n % 13), f"row {n}") for n in range(size)]
