"""The things tests are about, made in one line each. Everything goes through the program's own doors.

Rows come back as Any: a test knows which of their columns are filled.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count as counter
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from approvals.clock import now
from approvals.models import Guardrail, ProposedAction, WorkflowRun
from approvals.operations import content_hash, decide, live_numbers
from inventory.counting.gate import ENVELOPE, SIGN_OFF
from inventory.counting.limits import seed_guardrails
from inventory.counting.submission import CountedItem, submit_count
from inventory.models import Balance, CountLine, CountSheet, Item, Location, Movement, Zone
from inventory.stock.ledger import NewMovement, record_movements

Number = Decimal | int | str
_numbers = counter(1)


def user(name: str = "", *roles: str, superuser: bool = False) -> Any:
    """Somebody with these roles (groups made by the migrations)."""
    made = get_user_model().objects.create_user(name or f"user{next(_numbers)}", is_superuser=superuser)
    made.groups.set(Group.objects.filter(name__in=roles))
    return made


def approver(name: str = "") -> Any:
    return user(name, "approver")


def zone(code: str = "", location: str = "MAIN") -> Zone:
    place, _ = Location.objects.get_or_create(code=location, defaults={"name": location.title()})
    made, _ = Zone.objects.get_or_create(location=place, code=code or f"Z{next(_numbers)}")
    return made


def item(code: str = "", *, cost: Number | None = 10, **fields: Any) -> Item:
    avg_cost = None if cost is None else Decimal(cost)
    return Item.objects.create(item_code=code or f"{next(_numbers):05d}", avg_cost=avg_cost, **fields)


def move(
    what: Item, delta: Number, *, home: Zone, at: datetime | None = None, kind: str = Movement.Kind.SHIPMENT
) -> None:
    """Goods that moved, or opening stock; `at` is when, now unless told."""
    movement = NewMovement(what.pk, Decimal(delta), kind, at or now())
    record_movements([movement], location=home.location, source="test", zone=home)


def stock(on_hand: Number, *, home: Zone, cost: Number | None = 10, code: str = "", **fields: Any) -> Item:
    """An item with this much on hand since a month ago."""
    made = item(code, cost=cost, **fields)
    opened = now() - timedelta(days=30)
    move(made, on_hand, home=home, at=opened, kind=Movement.Kind.OPENING)
    return made


def ballast(home: Zone, value: Number = 1_000_000) -> Item:
    """Stock that makes the zone so valuable that its percentage limit is far away."""
    return stock(value, home=home, cost=1)


def on_hand(what: Item, home: Zone) -> Decimal:
    return Balance.objects.get(item=what, location=home.location).quantity_on_hand


def count(
    home: Zone,
    counts: Sequence[tuple[Item, Number | None]],
    *,
    by: Any = None,
    at: datetime | None = None,
    sheet: CountSheet | None = None,
) -> Any:
    """Submit a count of these items; the sheet."""
    lines = [CountedItem(what.item_code, None if n is None else Decimal(n)) for what, n in counts]
    return submit_count(zone=home, counted_at=at or now(), counts=lines, by=by or user(), source="command", sheet=sheet)


def run_of(sheet: CountSheet) -> Any:
    assert sheet.run_id
    return WorkflowRun.objects.get(pk=sheet.run_id)


def line_of(sheet: CountSheet, what: Item, count_number: int = 1) -> Any:
    return CountLine.objects.get(sheet=sheet, item=what, count_number=count_number)


def envelope_of(sheet: CountSheet) -> ProposedAction:
    """The sheet's envelope, the latest when there are several."""
    found = ProposedAction.objects.filter(workflow_run=sheet.run_id, action_type=ENVELOPE).first()
    assert found is not None, "no human was asked"
    return found


def sign_off_of(sheet: CountSheet) -> ProposedAction:
    found = ProposedAction.objects.filter(workflow_run=sheet.run_id, action_type=SIGN_OFF).first()
    assert found is not None
    return found


def seen(action: ProposedAction) -> str:
    """The hash the page would show now."""
    return content_hash(live_numbers(action))


def approve(action: ProposedAction, by: Any, **more: Any) -> ProposedAction:
    return decide(action_id=action.pk, by=by, via="test", **{"verdict": "approved", "seen_hash": seen(action), **more})


def reject(action: ProposedAction, by: Any, note: str = "Not true", **more: Any) -> ProposedAction:
    return approve(action, by, verdict="rejected", note=note, **more)


def send_back(sheet: CountSheet, what: Item, by: Any) -> CountLine:
    """Ask for a recount of one item; the line that waits for it."""
    asked = CountLine.objects.filter(sheet=sheet, item=what).order_by("count_number").last()
    assert asked is not None
    assert asked.proposed_action_id
    approve(envelope_of(sheet), by, verdict=None, verdicts={asked.proposed_action_id: "sent_back"}, note="Recount")
    return line_of(sheet, what, asked.count_number + 1)


def switch_off(name: str) -> None:
    seed_guardrails()
    guardrail = Guardrail.objects.get(name=name)
    guardrail.is_enabled = False
    guardrail.save()


def set_limit(name: str, **limits: Number | None) -> None:
    seed_guardrails()
    guardrail = Guardrail.objects.get(name=name)
    for field, value in limits.items():
        setattr(guardrail, field, None if value is None else Decimal(value))
    guardrail.save()


def disputed_count(
    *, counted: Number = 184, expected: Number = 142, cost: Number = 35, by: Any = None
) -> tuple[Any, Item, Zone]:
    """A count with one line beyond the guardrails, waiting for an approver."""
    home = zone()
    what = stock(expected, home=home, cost=cost)
    return count(home, [(what, counted)], by=by), what, home
