"""What the second person sees of a large switch: who asked and why, what it comes to now, and the largest changes."""

from decimal import Decimal
from typing import Any

from django.urls import reverse

from approvals.models import ProposedAction
from approvals.money import dollars
from approvals.templatetags.figures import quantity
from inventory.models import Item, WmsRollout
from inventory.wms.rollout import gates_of
from inventory.wms.rollout_switch import plan_switch

SHOWN = 20


def switch_page(page: Any) -> dict[str, Any]:
    said = page.action.payload
    wave = WmsRollout.objects.select_related("client__location").get(pk=page.action.entity_ref.partition(":")[2])
    facts = [
        _fact("Wave", f"{wave} at {said['location']}"),
        _fact("WMS", said["wms"]),
        _fact("Asked by", said["asked_by"]),
        _fact("Why", said["reason"]),
        _fact("Value when asked, up and down", dollars(Decimal(said["gross_value"])), strong=True),
    ]
    link = {"url": reverse("admin:inventory_wmsrollout_change", args=[wave.pk]), "text": f"The wave {wave}"}
    if page.action.status != ProposedAction.Status.PENDING:
        return {"facts": facts, "links": [link], "rows": []}
    plan = plan_switch(wave)
    largest = plan.largest(SHOWN)
    items = Item.objects.in_bulk([row.item_id for row in largest])
    facts += [
        _fact("Quantities that change now", f"{plan.changing:,} of {plan.balances:,} balances"),
        _fact("Up", f"{quantity(plan.up)} units, {dollars(plan.value_up)}"),
        _fact("Down", f"{quantity(plan.down)} units, {dollars(plan.value_down)}"),
        _fact("Value now", dollars(plan.gross_value), strong=True),
    ]
    notices = [f"{gate.name}: {gate.said}" for gate in gates_of(wave) if not gate.lets_through]
    if plan.without_cost:
        notices.append(f"{plan.without_cost:,} of the items that change have no cost, so their value is not counted.")
    if plan.oversells:
        notices.append(f"{plan.oversells:,} items would be promised to orders beyond what there is.")
    return {
        "facts": facts,
        "notices": notices,
        "links": [link],
        "rows": [(row, items[row.item_id]) for row in largest],
        "more": max(0, plan.changing - len(largest)),
    }


def _fact(name: str, value: str, *, strong: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "strong": strong}
