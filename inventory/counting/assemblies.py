"""`recompute_assembly_cost_rollup`: an assembly costs what its components cost."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from inventory.models import Item

COST = Decimal("0.0001")
DEEPEST = 20  # levels of assemblies within assemblies; a longer chain is a loop in the bill of materials


def recompute_assembly_cost_rollup(components: Iterable[Item]) -> tuple[int, int]:
    """Roll costs up from these components through every assembly above them; (changed, looked at).

    An assembly with a component that has no cost keeps its own. Saved one by one: each change has its history.
    """
    changed = looked_at = 0
    level = {item.pk for item in components}
    for _ in range(DEEPEST):
        assemblies = list(Item.objects.filter(bill_of_materials__component__in=level).distinct().order_by("pk"))
        if not assemblies:
            return changed, looked_at
        for assembly in assemblies:
            looked_at += 1
            changed += _roll_up(assembly)
        level = {assembly.pk for assembly in assemblies}
    raise ValueError("The bill of materials contains itself: correct the assemblies' components.")


def _roll_up(assembly: Item) -> bool:
    total = Decimal(0)
    for quantity, component_cost in assembly.bill_of_materials.values_list("quantity", "component__avg_cost"):
        if component_cost is None:
            return False
        total += quantity * component_cost
    cost = total.quantize(COST, ROUND_HALF_UP)
    if cost == assembly.avg_cost:
        return False
    assembly.avg_cost = cost
    assembly._change_reason = "Rolled up from components after a count"  # type: ignore[attr-defined]
    assembly.save(update_fields=["avg_cost"])
    return True
