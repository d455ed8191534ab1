"""An assembly costs what its components cost, rolled up when a component was adjusted."""

from decimal import Decimal

import pytest

from inventory.counting.assemblies import recompute_assembly_cost_rollup
from inventory.models import AssemblyComponent
from tests import factories as make

pytestmark = pytest.mark.django_db


def assembled(code, *parts, cost=0):
    made = make.item(code, cost=cost)
    for component, quantity in parts:
        AssemblyComponent.objects.create(assembly=made, component=component, quantity=Decimal(quantity))
    return made


def cost_of(what):
    what.refresh_from_db()
    return what.avg_cost


def test_costs_roll_up_through_every_level():
    flour, salt = make.item(cost="0.5"), make.item(cost="0.1234")
    dough = assembled("DOUGH", (flour, "2"), (salt, "0.5"))
    pizza = assembled("PIZZA", (dough, "1"), (flour, "0.1"))
    party = assembled("PARTY", (pizza, "10"))
    assert recompute_assembly_cost_rollup([flour])[0] == 3
    assert cost_of(dough) == Decimal("1.0617")
    assert cost_of(pizza) == Decimal("1.1117")
    assert cost_of(party) == Decimal("11.117")
    assert recompute_assembly_cost_rollup([flour])[0] == 0


def test_an_unknown_cost_keeps_the_assembly_as_it_is():
    known, unknown = make.item(cost=1), make.item(cost=None)
    kit = assembled("KIT", (known, 1), (unknown, 1), cost=9)
    assert recompute_assembly_cost_rollup([known]) == (0, 1)
    assert cost_of(kit) == 9


def test_a_change_leaves_its_history():
    part = make.item(cost=2)
    kit = assembled("KIT", (part, 3), cost=5)
    recompute_assembly_cost_rollup([part])
    latest = kit.history.first()
    assert (latest.avg_cost, latest.history_change_reason) == (6, "Rolled up from components after a count")


def test_a_bill_of_materials_that_contains_itself_is_said():
    one, two = make.item("ONE", cost=1), make.item("TWO", cost=1)
    AssemblyComponent.objects.create(assembly=one, component=two, quantity=1)
    AssemblyComponent.objects.create(assembly=two, component=one, quantity=2)
    with pytest.raises(ValueError, match="contains itself"):
        recompute_assembly_cost_rollup([one])


def test_after_a_count_of_a_component_the_assembly_is_rolled_up():
    sheet, part, _ = make.disputed_count(cost=35)
    kit = assembled("KIT", (part, 2), cost=1)
    make.approve(make.envelope_of(sheet), make.approver())
    assert cost_of(kit) == 70
    step = make.run_of(sheet).steps.get(name="recompute_cost_basis")
    assert (step.status, step.detail) == ("done", "1 assemblies looked at, 1 costs changed.")


def test_a_count_of_nothing_assembled_skips_the_step():
    sheet, _, _ = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    assert make.run_of(sheet).steps.get(name="recompute_cost_basis").status == "skipped"
