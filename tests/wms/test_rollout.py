"""Waves: in shadow the WMS is compared, its gates are judged by days, the switch hands it the say, the switch back
returns it to whoever had it, and nothing is lost on the way."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from approvals.business_days import beginning_of, days_between
from approvals.clock import at, now
from approvals.models import ProposedAction
from approvals.refusals import Refused
from inventory.models import (
    Authority,
    AuthorityChange,
    Balance,
    ExcelUpdate,
    Item,
    Movement,
    OversellIncident,
    WmsAgreement,
    WmsRollout,
    WmsUpdate,
)
from inventory.orders.closing import fulfil_order
from inventory.wms.reconciling import reconcile_wms
from inventory.wms.rollout import end_rollout, gates_of, group, start_rollout
from inventory.wms.rollout_switch import plan_switch, switch_back, switch_live
from tests import factories as make
from tests.orders.selling import assert_books_agree, by_excel, place
from tests.wms.sending import Wms, by_wms, in_messages, state_hash, stream
from tests.wms.test_convergence import disturbed

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 27)
DAYS = sorted(days_between(date(2026, 11, 23), FRIDAY))


@pytest.fixture
def home() -> Any:
    return make.zone("A")


@pytest.fixture
def boss(db: None) -> Any:
    return make.approver("boss")


def moment(day: date, hour: int = 9) -> datetime:
    return beginning_of(day) + timedelta(hours=hour)


def stocked(home: Any, number: int, on_hand: int = 100, cost: Any = 2, **fields: Any) -> list[Item]:
    with at(moment(date(2026, 10, 1))):
        return [make.stock(on_hand, home=home, cost=cost, **fields) for _ in range(number)]


def begun(wms: Wms, by: Any, chosen: str = "all", name: str = "First") -> WmsRollout:
    return start_rollout(
        name=name, client=wms.client, balances=group(wms.client, chosen), chosen=chosen, by=by, reason="To begin"
    )


def authority_of(home: Any) -> set[str]:
    return set(Balance.objects.filter(location=home.location).values_list("authority", flat=True))


class Feed:
    """The same quantities every day, said at nine, and the day reconciled at eleven at night."""

    def __init__(self, wms: Wms, items: list[Item]) -> None:
        self.wms, self.items, self.sequence = wms, items, 0

    def says(self, *said: tuple[Item, int], late: int = 20) -> list[str]:
        true = (now() - timedelta(seconds=late)).isoformat()
        rows = []
        for what, quantity in said:
            self.sequence += 1
            rows.append(self.wms.update(self.sequence, what, quantity, received_at=true))
        return self.wms.told(*rows)

    def day(self, day: date, quantity: int = 100, late: int = 20, wrong: int = 0) -> None:
        with at(moment(day)):
            self.says(*((what, quantity - (n < wrong)) for n, what in enumerate(self.items)), late=late)
        with at(moment(day, 23)):
            reconcile_wms(client=self.wms.client, business_date=day)


def states(wave: WmsRollout) -> dict[str, str]:
    return {gate.name: gate.state.value for gate in gates_of(wave)}


@pytest.fixture
def passed(home, boss) -> Iterator[tuple[Any, Wms, WmsRollout, list[Item]]]:
    """A wave that passed its gates on three days; it is Thursday morning."""
    items, wms = stocked(home, 6), Wms(home)
    with at(moment(DAYS[0], 7)):
        wave = begun(wms, boss)
    feed = Feed(wms, items)
    for day in DAYS[:3]:
        feed.day(day)
    with at(moment(DAYS[3])):
        yield feed, wms, wave, items


def test_a_wave_is_chosen_by_class_zone_or_hand(home, boss):
    stocked(home, 3, abc_class="A")
    other = make.zone("B")
    stocked(other, 2, abc_class="B")
    wms = Wms(home)
    assert begun(wms, boss, "abc:A", "One").members.count() == 3
    with pytest.raises(Refused, match="in another wave already, such as “One”"):
        begun(wms, boss, "all", "Two")
    assert begun(wms, boss, f"zone:{other.pk}", "Two").members.count() == 2
    with pytest.raises(Refused, match="not there any more"):
        group(wms.client, "zone:999999")


@pytest.mark.parametrize("problem", ["name", "reason", "elsewhere", "nothing", "stranger"])
def test_what_cannot_begin_is_refused(home, boss, problem):
    stocked(home, 1)
    stocked(make.zone("W", location="WEST"), 1)
    wms = Wms(home)
    if problem == "nothing":
        by_wms(home, *Item.objects.all())
    begin: dict[str, Any] = {
        "name": " " if problem == "name" else "W",
        "client": wms.client,
        "balances": Balance.objects.all() if problem == "elsewhere" else group(wms.client, "all"),
        "chosen": "all",
        "reason": "" if problem == "reason" else "Why",
        "by": make.user("", "counter") if problem == "stranger" else boss,
    }
    with pytest.raises(Refused):
        start_rollout(**begin)
    assert not WmsRollout.objects.exists()


def test_in_shadow_nothing_changes_and_days_are_noted(passed):
    _, _, wave, _ = passed
    assert not Movement.objects.filter(kind="feed").exists()
    day = wave.days.order_by("business_date").first()
    assert (day.items, day.compared, day.differing, day.stage) == (6, 6, 0, "shadow")
    assert day.freshness_median == pytest.approx(20, abs=0.1)
    assert states(wave) == {"Freshness": "passed", "Discrepancies": "passed", "Oversells": "not_judged"}


def test_gates_tell_too_early_too_old_and_too_different(home, boss):
    items, wms = stocked(home, 300), Wms(home)
    with at(moment(DAYS[0], 7)):
        wave = begun(wms, boss)
    assert states(wave) == {"Freshness": "not_yet", "Discrepancies": "not_yet", "Oversells": "not_judged"}
    feed = Feed(wms, items)
    feed.day(DAYS[0], late=130, wrong=2)
    assert states(wave)["Freshness"] == "failed"
    assert states(wave)["Discrepancies"] == "failed"
    feed.day(DAYS[1], wrong=1)
    assert states(wave) == {"Freshness": "not_yet", "Discrepancies": "not_yet", "Oversells": "not_judged"}
    assert "1 of 3 so far" in gates_of(wave)[0].said


def test_the_switch_hands_over_and_applies_what_was_said_last(passed, boss, home):
    feed, wms, wave, items = passed
    feed.says((items[0], 60), (items[1], 130))
    by_excel(home, items[2])
    plan = plan_switch(wave)
    assert (plan.balances, plan.changing, plan.up, plan.down) == (6, 2, 30, 40)
    assert (plan.value_up, plan.value_down, plan.gross_value) == (60, 80, 140)
    assert authority_of(home) == {Authority.COUNT, Authority.EXCEL}, "looking changes nothing"
    done = switch_live(rollout=wave, by=boss, reason="Gates passed")
    assert done.moved == plan.changing
    assert [make.on_hand(what, home) for what in items[:3]] == [60, 130, 100]
    assert authority_of(home) == {Authority.WMS}
    assert AuthorityChange.objects.filter(after=Authority.WMS, reason="Wave First: Gates passed").count() == 6
    step = wave.steps.first()
    assert (step.before, step.after, step.by, step.is_override, step.figures["moved"]) == (
        "shadow", "live", boss, False, 2,
    )  # fmt: skip
    assert feed.says((items[0], 61)) == ["applied"]
    assert_books_agree()


def test_gates_that_are_not_passed_hold_the_switch_back(home, boss):
    items, wms = stocked(home, 3), Wms(home)
    wave = begun(wms, boss)
    with pytest.raises(Refused, match="0 of 3 so far"):
        switch_live(rollout=wave, by=boss, reason="Hurry")
    clerk = make.user("clerk", "approver")
    clerk.groups.clear()
    for name in ("switch_wmsrollout", "change_authority"):
        clerk.user_permissions.add(permission(name))
    clerk = type(clerk).objects.get(pk=clerk.pk)
    with pytest.raises(Refused, match="before it has passed its gates"):
        switch_live(rollout=wave, by=clerk, reason="Hurry", despite_gates=True)
    assert authority_of(home) == {Authority.COUNT}
    switch_live(rollout=wave, by=boss, reason="The old system stops tonight", despite_gates=True)
    step = wave.steps.first()
    assert step.is_override
    assert "not yet: Median below 2 minutes" in step.gates[0]
    assert len(items) == Balance.objects.filter(authority=Authority.WMS).count()


def permission(name: str) -> Any:
    return Permission.objects.get(codename=name)


@pytest.mark.parametrize("role", ["integrator", "auditor", "counter"])
def test_others_may_not_switch(passed, role):
    _, _, wave, _ = passed
    person = make.user("", role)
    for operation in (switch_live, switch_back, end_rollout):
        with pytest.raises(Refused, match="You may not"):
            operation(rollout=wave, by=person, reason="Because")
    wave.refresh_from_db()
    assert wave.stage == "shadow"


def test_a_large_switch_needs_a_second_person(passed, boss, home):
    feed, wms, wave, items = passed
    feed.says((items[0], 100 + 2_501))  # $5,002 at $2
    asked = switch_live(rollout=wave, by=boss, reason="Gates passed").asked
    assert asked is not None
    assert authority_of(home) == {Authority.COUNT}
    with pytest.raises(Refused, match="waits for a second person already"):
        switch_live(rollout=wave, by=boss, reason="Again")
    with pytest.raises(Refused):
        make.approve(asked, boss)
    other = make.approver("other")
    make.approve(asked, other)
    assert authority_of(home) == {Authority.WMS}
    assert make.on_hand(items[0], home) == 2_601
    step = WmsRollout.objects.get().steps.first()
    assert (step.by, step.confirmed_by) == (boss, other)


def test_a_second_person_who_says_no_leaves_the_shadow(passed, boss, home):
    feed, wms, wave, items = passed
    feed.says((items[0], 5_000))
    asked = switch_live(rollout=wave, by=boss, reason="Gates passed").asked
    make.reject(asked, make.approver())
    assert authority_of(home) == {Authority.COUNT}
    feed.says((items[0], 100))
    assert switch_live(rollout=wave, by=boss, reason="Now it is small").asked is None


def test_what_grew_meanwhile_is_asked_anew(passed, boss, home):
    feed, wms, wave, items = passed
    feed.says((items[0], 5_000))
    asked = switch_live(rollout=wave, by=boss, reason="Gates passed").asked
    feed.says((items[1], 50_000))
    with pytest.raises(Refused, match="Reject it and ask anew"):
        make.approve(asked, make.approver())
    assert authority_of(home) == {Authority.COUNT}
    end_rollout(rollout=wave, by=boss, reason="Not this year")
    assert ProposedAction.objects.get(pk=asked.pk).status == "withdrawn"


def test_back_again_everything_is_where_it_was(passed, boss, home):
    feed, wms, wave, items = passed
    by_excel(home, items[0], items[1])
    with pytest.raises(Refused, match="is shadow already"):
        switch_back(rollout=wave, by=boss, reason="Nothing to return")
    switch_live(rollout=wave, by=boss, reason="Gates passed")
    order = place(home, (items[0], 10), (items[2], 10)).order
    waiting = place(home, (items[1], 7)).order
    fulfil_order(order=order, by=None)
    before = state_hash(home)
    Balance.objects.filter(item=items[5]).update(authority=Authority.COUNT)  # somebody took it out by hand
    assert switch_back(rollout=wave, by=boss, reason="Wrong units in the feed") == 5
    said = {str(b.item_id): b.authority for b in Balance.objects.filter(location=home.location)}
    assert [said[str(what.pk)] for what in items] == ["excel", "excel", "count", "count", "count", "count"]
    assert state_hash(home) == before
    assert Balance.objects.get(item=items[1]).quantity_reserved == 7
    assert waiting.lines.get().reserved == 7
    told = ExcelUpdate.objects.get()
    assert (told.item, told.sold, told.status) == (items[0], 10, "pending"), "Excel gets to know what was sold"
    assert feed.says((items[0], 85), late=0) == ["compared"]
    assert make.on_hand(items[0], home) == 90
    switch_live(rollout=wave, by=boss, reason="Mended")
    assert make.on_hand(items[0], home) == 85
    assert [step.after for step in wave.steps.all()] == ["live", "shadow", "live", "shadow"]
    assert_books_agree()


def test_the_switch_opens_the_oversells_it_announced(passed, boss, home):
    feed, wms, wave, items = passed
    place(home, (items[0], 80))
    feed.says((items[0], 50))
    assert plan_switch(wave).oversells == 1
    switch_live(rollout=wave, by=boss, reason="Gates passed")
    assert OversellIncident.objects.get(closed_at=None).shortfall == 30


def test_what_cannot_be_applied_is_announced_and_left(passed, boss, home):
    feed, wms, wave, items = passed
    make.move(items[0], -95, home=home)
    feed.says((items[0], 3), late=60 * 60 * 24)
    stranger = make.stock(5, home=home)
    assert stranger
    plan = plan_switch(wave)
    assert (plan.below_zero, plan.changing, plan.never_told) == (1, 0, 0)
    switch_live(rollout=wave, by=boss, reason="Gates passed")
    assert make.on_hand(items[0], home) == 5


def test_an_ended_wave_leaves_things_as_they_are(passed, boss, home):
    feed, wms, wave, items = passed
    switch_live(rollout=wave, by=boss, reason="Gates passed")
    end_rollout(rollout=wave, by=boss, reason="The migration is over")
    assert authority_of(home) == {Authority.WMS}
    assert feed.says((items[0], 42)) == ["applied"]
    for operation in (switch_back, switch_live, end_rollout):
        with pytest.raises(Refused, match="is ended already"):
            operation(rollout=wave, by=boss, reason="Once more")
    feed.day(DAYS[3])
    assert not WmsAgreement.objects.filter(business_date=DAYS[3]).exists()


def test_a_disabled_client_is_not_switched_to(passed, boss):
    _, wms, wave, _ = passed
    wms.client.is_enabled = False
    wms.client.save()
    with pytest.raises(Refused, match="is disabled"):
        switch_live(rollout=wave, by=boss, reason="Gates passed")


def test_oversells_are_held_against_the_days_before_the_wave(home, boss):
    items, wms = stocked(home, 4), Wms(home)
    with at(moment(date(2026, 11, 10))):
        for what in items:
            place(home, (what, 5))
        OversellIncident.objects.create(
            item=items[0], location=home.location, shortfall=0, worst=3, opened_at=moment(date(2026, 11, 11)),
            closed_at=moment(date(2026, 11, 12)),
        )  # fmt: skip
    with at(moment(DAYS[0], 7)):
        wave = begun(wms, boss)
    assert (wave.baseline_oversells, wave.baseline_order_lines) == (1, 4)
    with at(moment(DAYS[0], 8)):
        switch_live(rollout=wave, by=boss, reason="Test", despite_gates=True)
    feed = Feed(wms, items)
    for day in DAYS[:3]:
        with at(moment(day)):
            place(home, *((what, 1) for what in items))
        feed.day(day)
    assert states(wave)["Oversells"] == "passed"
    with at(moment(DAYS[3])):
        place(home, *((what, 1) for what in items))
        feed.says((items[0], 1))
    feed.day(DAYS[3])
    assert WmsAgreement.objects.get(business_date=DAYS[3]).oversells == 1
    assert states(wave)["Oversells"] == "failed"


@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))  # to shrink takes minutes
@given(seed=st.integers(0, 10_000), switches=st.lists(st.integers(0, 13), min_size=1, max_size=6))
def test_switching_anywhere_in_a_disturbed_stream_ends_as_if_always_live(seed, switches):
    """Forward, back, forward at any points between messages, goods moving all the while; the last is forward."""
    boss = make.approver()
    calm, wild = (Run(name, boss) for name in ("CALM", "WILD"))
    calm.toggle()
    random = Random(seed)
    sold = random.sample(range(8), 4)
    for message in in_messages(calm.updates, 10):
        calm.send(message)
    calm.sell(sold)
    messages = disturbed(wild.updates, random, 10)
    for n, message in enumerate(messages):
        for _ in range(switches.count(n)):
            wild.toggle()
        wild.send(message)
        if n == len(messages) // 2:
            wild.sell(sold)
    wild.end_live()
    assert wild.on_hand() == calm.on_hand()
    applied = WmsUpdate.objects.filter(client=wild.wms.client, state="applied").count()
    assert Movement.objects.filter(kind="feed", wms_update__client=wild.wms.client).count() == applied
    assert_books_agree()


class Run:
    """A warehouse of eight items and its feed of 120 updates, made anew for each example."""

    def __init__(self, name: str, boss: Any) -> None:
        self.boss = boss
        mark = f"{name}{boss.pk}"
        self.home = make.zone(location=mark)
        self.items = [make.stock(500, home=self.home, cost="0.01", code=f"{mark}-{n}") for n in range(8)]
        self.wms = Wms(self.home, mark.lower())
        self.wave = begun(self.wms, boss, name=mark)
        draw = Random("quantities")
        quantities = [draw.randrange(100, 200) for _ in range(121)]
        self.updates = stream(self.items, self.wms, 120, quantities.__getitem__)
        self.begun = now()

    def send(self, message: list[Any]) -> None:
        assert self.wms.send(*message).status_code == 200

    def toggle(self) -> None:
        self.wave.refresh_from_db()
        if self.wave.stage == "live":
            switch_back(rollout=self.wave, by=self.boss, reason="Back")
        else:
            switch_live(rollout=self.wave, by=self.boss, reason="Forward", despite_gates=True)

    def sell(self, which: list[int]) -> None:
        """Ten of these leave, after all that the stream says."""
        for n in which:
            make.move(self.items[n], -10, home=self.home, at=self.begun)

    def end_live(self) -> None:
        self.wave.refresh_from_db()
        if self.wave.stage != "live":
            self.toggle()

    def on_hand(self) -> list[Decimal]:
        return [make.on_hand(what, self.home) for what in self.items]


def test_as_many_statements_for_a_large_wave(boss):
    numbers = []
    for count in (2, 3, 40):  # the first makes what is made once
        home = make.zone(location=f"L{count}")
        items, wms = stocked(home, count, cost="0.1"), Wms(home)
        wave = begun(wms, boss, name=f"Wave {count}")
        Feed(wms, items).says(*((what, 70) for what in items))
        with CaptureQueriesContext(connection) as queries:
            assert switch_live(rollout=wave, by=boss, reason="Test", despite_gates=True).moved == count
            switch_back(rollout=wave, by=boss, reason="Test")
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]
