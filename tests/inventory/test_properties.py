"""Whatever people and machines do in whatever order, these hold after every step."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from approvals import audit, engine
from approvals.clock import now
from approvals.models import AuditEntry, Event, JournalEntry, ProposedAction, WorkflowRun
from approvals.operations import NotAllowedToDecide
from approvals.refusals import Refused
from approvals.ticking import tick
from inventory.counting.recounts import enter_recount
from inventory.models import Adjustment, Balance, CountLine, CountSheet, Movement
from inventory.stock.ledger import first_wrong_balance, post_adjustment
from netsuite.models import Push
from tests import factories as make

KEPT = (Movement, Adjustment, Push, Event, JournalEntry, AuditEntry, CountLine, ProposedAction)
quantities = st.integers(0, 130)
near = st.sampled_from([-60, -13, -2, -1, 0, 0, 1, 2, 13, 60])


class CountingHouse(RuleBasedStateMachine):
    """Three items in one zone, two counters who may also approve, two who only approve."""

    sheets: Bundle[CountSheet] = Bundle("sheets")

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.home = make.zone()
        make.ballast(self.home, 5_000)
        self.items = [make.stock(100, home=self.home, cost=cost) for cost in (1, 20, 90)]
        self.people = [make.approver() for _ in range(4)]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    # -- what can happen --------------------------------------------------------------------------

    @rule(target=sheets, off=st.lists(near | st.none(), min_size=3, max_size=3), who=st.integers(0, 1),
          hours=st.integers(0, 5))  # fmt: skip
    def count(self, off, who, hours):
        counts = []
        for what, difference in zip(self.items, off, strict=True):
            here = make.on_hand(what, self.home)
            counts.append((what, None if difference is None else max(here + difference, Decimal(0))))
        if all(counted is None for _, counted in counts):
            counts[0] = (self.items[0], Decimal(7))
        return make.count(self.home, counts, by=self.people[who], at=now() - timedelta(hours=hours))

    @rule(which=st.integers(0, 2), delta=st.integers(-40, 40), hours=st.integers(0, 8),
          kind=st.sampled_from(["receipt", "shipment", "transfer", "opening"]))  # fmt: skip
    def move(self, which, delta, hours, kind):
        make.move(self.items[which], delta, home=self.home, at=now() - timedelta(hours=hours), kind=kind)

    @rule(which=st.integers(0, 2), reserved=st.integers(0, 20))
    def reserve(self, which, reserved):
        Balance.objects.filter(item=self.items[which]).update(quantity_reserved=reserved)

    @rule(sheet=sheets, who=st.integers(0, 3), verdict=st.sampled_from(["approved", "rejected", "sent_back"]),
          only=st.integers(0, 3))  # fmt: skip
    def decide(self, sheet, who, verdict, only):
        """The whole envelope, or one line of it."""
        envelope = ProposedAction.objects.filter(
            workflow_run=sheet.run_id, action_type="workflow_inventory_reconciliation"
        ).first()
        if envelope is None:
            return
        chosen = envelope.lines.filter(status="pending").order_by("pk")[: only or None]
        verdicts = {line.pk: verdict for line in chosen}
        took_part = envelope.participants.filter(pk=self.people[who].pk).exists()
        try:
            make.approve(envelope, self.people[who], verdict=None, verdicts=verdicts, note="Because")
        except NotAllowedToDecide:
            assert took_part
        except Refused:
            assert not verdicts
        else:
            assert not took_part

    @rule(sheet=sheets, who=st.integers(0, 3), verdict=st.sampled_from(["approved", "rejected"]))
    def sign_off(self, sheet, who, verdict):
        waiting = ProposedAction.objects.filter(
            workflow_run=sheet.run_id, action_type="inventory_adjustment_approval", status="pending"
        ).first()
        if waiting is None:
            return
        try:
            make.approve(waiting, self.people[who], verdict=verdict, note="Because")
        except Refused:
            assert WorkflowRun.objects.get(pk=sheet.run_id).status == "waiting"

    @rule(sheet=sheets, who=st.integers(0, 3), counted=quantities)
    def recount(self, sheet, who, counted):
        waiting = CountLine.objects.filter(sheet=sheet, count_number__gt=1, counted=None).first()
        if waiting is not None:
            enter_recount(line=waiting, counted=Decimal(counted), counted_at=now(), by=self.people[who])

    @precondition(lambda self: WorkflowRun.objects.exists())
    @rule()
    def replay(self):
        """Ticks, advances and postings that come again change nothing."""
        tick()
        before = [list(model.objects.order_by("pk").values()) for model in KEPT]
        tick()
        for run in WorkflowRun.objects.all():
            engine.advance(run.pk)
        for adjustment in Adjustment.objects.all():
            post_adjustment(adjustment)
        assert [list(model.objects.order_by("pk").values()) for model in KEPT] == before

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def on_hand_is_the_sum_of_movements(self):
        assert first_wrong_balance() is None
        for balance in Balance.objects.all():
            moved = Movement.objects.filter(item=balance.item_id).aggregate(sum=Sum("delta"))["sum"] or 0
            assert balance.quantity_on_hand == round(moved, 3)
            assert balance.quantity_available == balance.quantity_on_hand - balance.quantity_reserved

    @invariant()
    def nothing_posts_without_a_guardrail_or_a_person_who_took_no_part(self):
        movement: Any
        for movement in Movement.objects.filter(kind="count").select_related(
            "adjustment__sign_off", "count_line__proposed_action__envelope"
        ):
            line, adjustment = movement.count_line, movement.adjustment
            assert line is not None
            assert adjustment is not None
            assert movement.delta == line.variance
            if adjustment.guardrail:
                assert line.classification == "within_guardrail"
                assert abs(line.variance) * 100 <= 2 * line.expected
                assert abs(line.variance_value) <= 100
                continue
            action, sign_off = line.proposed_action, adjustment.sign_off
            assert action.status == sign_off.status == "approved"
            assert action.decided_by_id == adjustment.approved_by_id
            assert action.decided_by_id != line.sheet.counted_by_id
            assert sign_off.decided_by_id != line.sheet.counted_by_id
            if line.sheet.gross_value > 5000:
                assert sign_off.decided_by_id != action.decided_by_id

    @invariant()
    def each_line_posts_once_and_each_posting_is_pushed_once(self):
        posted = Adjustment.objects.exclude(posted_at=None)
        lines = CountLine.objects.filter(adjustment__in=posted).exclude(variance=0)
        assert Movement.objects.filter(kind="count").count() == lines.count()
        assert not Adjustment.objects.filter(posted_at=None).exists()
        assert Push.objects.count() == posted.filter(line_count__gt=0).count()

    @invariant()
    def a_run_that_ended_left_nothing_open(self):
        ended = WorkflowRun.objects.filter(status="completed")
        counting = ["inventory_adjustment", "workflow_inventory_reconciliation", "inventory_adjustment_approval"]
        open_actions = ProposedAction.objects.filter(workflow_run__in=ended, status="pending", action_type__in=counting)
        assert not open_actions.exists()
        assert not CountLine.objects.filter(
            sheet__run__in=ended, decision__in=["approved", "guardrail"], adjustment=None
        ).exists()
        assert not WorkflowRun.objects.filter(status="failed").exists()

    @invariant()
    def the_audit_chain_holds(self):
        assert audit.first_bad_entry() is None


@pytest.mark.slow
@pytest.mark.django_db
def test_any_sequence_of_events_keeps_the_books():
    chosen = hypothesis_settings(max_examples=30, stateful_step_count=12)
    run_state_machine_as_test(CountingHouse, settings=chosen)
