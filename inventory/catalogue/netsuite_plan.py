"""What a first import from NetSuite would do: every creation, every change, every problem, before anything is stored.

NetSuite's words are taken where it says something; an average cost of 0 means that NetSuite knows none. Items and
locations are known by NetSuite's internal id, or by code as long as they have none here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from inventory.catalogue.items import LONGEST, LONGEST_DESCRIPTION, differs
from inventory.models import Item, Location
from inventory.stock.opening import Begun, begun
from netsuite.snapshots import RemoteBalance, RemoteItem, RemoteLocation

LONGEST_CODE, LONGEST_NAME = 20, 100
FIELDS = ("description", "unit", "avg_cost", "is_active", "netsuite_id")


@dataclass
class Found:
    """What was found of one kind: sentences for people. `skipped` are not worth a row here."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left_alone: int = 0
    skipped: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "created": len(self.created),
            "changed": len(self.changed),
            "left_alone": self.left_alone,
            "skipped": self.skipped,
        }


@dataclass(frozen=True)
class Opening:
    location_id: str  # NetSuite's
    item_code: str
    quantity: Decimal


@dataclass
class ImportPlan:
    """`wanted_*` are what to store; the rest is what to say."""

    items: Found = field(default_factory=Found)
    locations: Found = field(default_factory=Found)
    balances: Found = field(default_factory=Found)
    wanted_items: dict[str, dict[str, Any]] = field(default_factory=dict)
    wanted_locations: dict[str, Location] = field(default_factory=dict)  # by NetSuite's id
    locations_to_save: list[Location] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # NetSuite's item id -> our code

    @property
    def quantity_opened(self) -> Decimal:
        return sum((opening.quantity for opening in self.openings), Decimal(0))


def make_plan(
    items: Sequence[RemoteItem],
    locations: Sequence[RemoteLocation],
    balances: Sequence[RemoteBalance],
    *,
    only: Sequence[str] = (),
) -> ImportPlan:
    """`only` are the locations to bring in, by NetSuite's name or internal id; all active ones when empty."""
    plan = ImportPlan()
    _plan_locations(plan, locations, only)
    here = [balance for balance in balances if balance.location_id in plan.wanted_locations]
    _plan_items(plan, items, here)
    _plan_balances(plan, here)
    return plan


def _plan_locations(plan: ImportPlan, remote: Sequence[RemoteLocation], only: Sequence[str]) -> None:
    chosen = [place for place in remote if (place.is_active if not only else {place.name, place.internal_id} & {*only})]
    for name in only:
        if not any(name in {place.name, place.internal_id} for place in remote):
            plan.problems.append(f"NetSuite has no location “{name}”, or its role may not see it.")
    ours = list(Location.objects.all())
    by_id = {place.netsuite_id: place for place in ours if place.netsuite_id}
    by_code = {place.code.casefold(): place for place in ours}
    for place in chosen:
        known = by_id.get(place.internal_id) or by_code.get(place.name.casefold())
        if known is None:
            known = _new_location(plan, place, by_code)
        elif not known.netsuite_id:
            known.netsuite_id = place.internal_id
            plan.locations_to_save.append(known)
            plan.locations.changed.append(f"{known.code}: NetSuite id – → {place.internal_id}")
        elif known.netsuite_id != place.internal_id:
            plan.problems.append(
                f"Location {known.code} has NetSuite id {known.netsuite_id} here, but in NetSuite “{place.name}” is "
                f"{place.internal_id}. Correct the id of one of them."
            )
            continue
        else:
            plan.locations.left_alone += 1
        if known is not None:
            plan.wanted_locations[place.internal_id] = known
    plan.locations.skipped = len(remote) - len(chosen)


def _new_location(plan: ImportPlan, place: RemoteLocation, by_code: dict[str, Location]) -> Location | None:
    code = place.name[:LONGEST_CODE].strip()
    if not code or code.casefold() in by_code:
        plan.problems.append(
            f"Location “{place.name}” ({place.internal_id}) would get the code “{code}”, which is empty or taken. "
            "Create it in the admin with a code of your own and this NetSuite id, then import again."
        )
        return None
    by_code[code.casefold()] = made = Location(code=code, name=place.name[:LONGEST_NAME], netsuite_id=place.internal_id)
    plan.locations_to_save.append(made)
    plan.locations.created.append(f"{code} (NetSuite id {place.internal_id})")
    return made


def _plan_items(plan: ImportPlan, remote: Sequence[RemoteItem], balances: Iterable[RemoteBalance]) -> None:
    stocked = {balance.item_id: balance for balance in balances if balance.on_hand}
    fractional = {balance.item_id for balance in stocked.values() if balance.on_hand % 1}
    ours = list(Item.objects.all())
    by_id = {item.netsuite_id: item for item in ours if item.netsuite_id}
    by_code = {item.item_code.casefold(): item for item in ours}
    taken: dict[str, str] = {}
    for thing in remote:
        known = by_id.get(thing.internal_id) or by_code.get(thing.code.casefold())
        twin = taken.setdefault(thing.code.casefold(), thing.internal_id)
        trouble = _item_trouble(thing, known)
        if twin != thing.internal_id:
            trouble = f"NetSuite has two items called {thing.code}: {twin} and {thing.internal_id}. Rename one there."
        if trouble:
            plan.problems.append(trouble)
        elif known is None and not thing.is_active and thing.internal_id not in stocked:
            plan.items.skipped += 1
        else:
            _want_item(plan, thing, known, is_fractional=thing.internal_id in fractional)


def _item_trouble(thing: RemoteItem, known: Item | None) -> str:
    """Why this item cannot come in, as a sentence that names the cure; "" when it can."""
    code, number = thing.code, thing.internal_id
    if not code or len(code) > LONGEST["item_code"]:
        return f"Item {number} has the code “{code}” in NetSuite; a code has 1 to {LONGEST['item_code']} characters."
    if len(thing.unit) > LONGEST["unit"]:
        return (
            f"Item {code}: the unit “{thing.unit}” has more than {LONGEST['unit']} characters. Shorten it in NetSuite."
        )
    if thing.cost is not None and thing.cost < 0:
        return f"Item {code} has an average cost of {thing.cost} in NetSuite. Correct it there."
    if known is None:
        return ""
    if known.netsuite_id and known.netsuite_id != number:
        return f"Item {code} has NetSuite id {known.netsuite_id} here and {number} there. Correct the id here."
    if known.item_code.casefold() != code.casefold():
        return f"NetSuite's item {number} is called {code} there and {known.item_code} here. Rename one of them."
    return ""


def _want_item(plan: ImportPlan, thing: RemoteItem, known: Item | None, *, is_fractional: bool) -> None:
    said: dict[str, Any] = {
        "description": thing.description[:LONGEST_DESCRIPTION],
        "unit": thing.unit,
        "avg_cost": thing.cost or None,
        "is_active": thing.is_active,
        "netsuite_id": thing.internal_id,
    }
    said = {name: value for name, value in said.items() if value not in ("", None)}
    code = known.item_code if known else thing.code
    plan.codes[thing.internal_id] = code
    if known is None:
        if is_fractional:
            said["allows_fractions"] = True
        plan.wanted_items[code] = said
        plan.items.created.append(f"{code} {thing.description}".strip())
        return
    changes = [name for name in FIELDS if name in said and differs(getattr(known, name), said[name])]
    if not changes:
        plan.items.left_alone += 1
        return
    plan.wanted_items[code] = said
    told = ", ".join(f"{name.replace('_', ' ')} {getattr(known, name) or '–'} → {said[name]}" for name in changes)
    plan.items.changed.append(f"{code}: {told}")


def _plan_balances(plan: ImportPlan, balances: Sequence[RemoteBalance]) -> None:
    by_location: dict[str, list[RemoteBalance]] = {}
    for balance in balances:
        by_location.setdefault(balance.location_id, []).append(balance)
    for location_id, rows in by_location.items():
        location = plan.wanted_locations[location_id]
        codes = [plan.codes[row.item_id] for row in rows if row.item_id in plan.codes]
        items = {item.item_code: item for item in Item.objects.filter(item_code__any_of=codes)}
        already = begun(location, [item.pk for item in items.values()]) if location.pk else {}
        for row in rows:
            item = items.get(plan.codes.get(row.item_id, ""))
            _want_balance(plan, row, item, already.get(item.pk) if item else None, location)


def _want_balance(
    plan: ImportPlan, row: RemoteBalance, item: Item | None, before: Begun | None, location: Location
) -> None:
    """Stock that has begun here is never touched: from then on, the mirror tells differences."""
    code = plan.codes.get(row.item_id)
    if code is None or (not row.on_hand and before is None):
        plan.balances.skipped += 1
    elif before is not None and (before.opening or before.others or not row.on_hand):
        plan.balances.left_alone += 1
        if not before.others and before.opening != row.on_hand:
            plan.notes.append(
                f"{code} at {location.code} began with {_plain(before.opening)} and NetSuite now says "
                f"{_plain(row.on_hand)}: left alone. The mirror proposes a correction."
            )
    elif row.on_hand < 0:
        plan.problems.append(
            f"{code} at {location.code} is {_plain(row.on_hand)} in NetSuite; opening stock is zero or more. "
            "Correct it there first."
        )
    elif item and row.on_hand % 1 and not item.allows_fractions:
        plan.problems.append(
            f"{code} at {location.code} is {_plain(row.on_hand)} in NetSuite, but {item.unit} comes in whole units "
            "here. Allow fractions on the item, or correct NetSuite."
        )
    else:
        plan.openings.append(Opening(row.location_id, code, row.on_hand))
        plan.balances.created.append(f"{code} at {location.code}: {_plain(row.on_hand)}")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
