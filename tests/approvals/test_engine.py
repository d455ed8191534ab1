"""Runs survive what happens to them: failing steps, failing post actions, processes that die."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals import engine, registry
from approvals.clock import now
from approvals.contract import Check, CheckResult, Failed, NotYet, Waived
from approvals.models import Alert, Event, VerifyCheck, WorkflowRun
from approvals.refusals import Refused
from approvals.ticking import tick
from inventory.counting.submission import WORKFLOW
from inventory.models import Adjustment, Movement
from netsuite.models import Push
from tests import factories as make

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """The process ends here: nothing catches it, so nothing is recorded, and what was open rolls back."""


class Broken:
    """Makes one step of the cycle count fail, until mended."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        self.calls = 0
        self.is_broken = True
        self.problem = RuntimeError("the disk is full")

    def step(self, name, before=lambda run: None):
        declared = registry.workflow(WORKFLOW)
        steps = tuple(
            replace(step, run=self._breaking(step.run, before)) if step.name == name else step
            for step in declared.steps
        )
        self._declare(replace(declared, steps=steps))

    def after_action(self, name):
        declared = registry.workflow(WORKFLOW)
        actions = tuple(
            replace(action, run=self._breaking(action.run)) if action.name == name else action
            for action in declared.afterwards
        )
        self._declare(replace(declared, afterwards=actions))

    def check(self, name):
        declared = registry.workflow(WORKFLOW)
        checks = tuple(
            replace(check, run=self._breaking(check.run)) if check.name == name else check for check in declared.verify
        )
        self._declare(replace(declared, verify=checks))

    def _declare(self, declared):
        self.monkeypatch.setitem(registry._workflows, WORKFLOW, declared)

    def _breaking(self, run, before=lambda run: None):
        def wrapped(subject):
            before(subject)
            result = run(subject)
            self.calls += 1
            if self.is_broken:
                raise self.problem
            return result

        return wrapped


@pytest.fixture
def broken(monkeypatch):
    return Broken(monkeypatch)


def small_count():
    """A count whose only difference is within the guardrails."""
    home = make.zone()
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    return make.count(home, [(what, 1010)]), what, home


def test_a_failing_step_is_retried_after_two_and_four_seconds_and_then_given_up(broken, later):
    broken.step("compute_variance")
    sheet, what, home = small_count()
    run = make.run_of(sheet)
    assert (run.status, broken.calls) == ("running", 1)
    assert timedelta(seconds=1) < run.next_attempt_at - now() <= timedelta(seconds=2)
    tick()
    assert broken.calls == 1  # not due yet
    later(seconds=2)
    tick()
    assert broken.calls == 2
    run.refresh_from_db()
    assert timedelta(seconds=3) < run.next_attempt_at - now() <= timedelta(seconds=4)
    later(seconds=4)
    tick()
    run.refresh_from_db()
    assert (run.status, broken.calls) == ("failed", 3)
    assert run.steps.get(name="compute_variance").status == "failed"
    assert "the disk is full" in Alert.objects.get(key=f"run-failed-{run.pk}").message
    event = Event.objects.get(name="workflow.failed")
    assert event.payload["step"] == "compute_variance"
    later(hours=1)
    tick()
    assert broken.calls == 3
    assert not sheet.lines.exists()


def test_a_retry_that_works_ends_as_if_nothing_had_happened(broken, later):
    broken.step("classify_variance")
    sheet, what, home = small_count()
    broken.is_broken = False
    later(seconds=2)
    tick()
    assert make.run_of(sheet).status == "completed"
    assert make.on_hand(what, home) == 1010
    assert Push.objects.count() == 1


def test_the_delays_double_up_to_a_minute():
    retry = registry.workflow(WORKFLOW).retry
    seconds = [retry.delay(attempt).total_seconds() for attempt in range(1, 8)]
    assert seconds == [2, 4, 8, 16, 32, 60, 60]
    assert retry.attempts == 3


def test_a_failed_run_is_tried_again_by_a_person_with_fresh_attempts(broken, later):
    broken.step("stage_adjustments")
    sheet, what, home = small_count()
    for _ in range(2):
        later(minutes=1)
        tick()
    run = make.run_of(sheet)
    assert run.status == "failed"
    broken.is_broken = False
    engine.try_again(run_id=run.pk, by=make.approver())
    run.refresh_from_db()
    assert run.status == "completed"
    assert not Alert.objects.filter(key=f"run-failed-{run.pk}", resolved_at=None).exists()
    with pytest.raises(Refused, match="only a failed run"):
        engine.try_again(run_id=run.pk, by=make.approver())


@pytest.mark.parametrize("step", ["d1_update_balances", "kv_invalidate_inventory"])
def test_an_error_while_posting_leaves_nothing_behind(broken, later, step):
    broken.step(step)
    sheet, what, home = small_count()
    run = make.run_of(sheet)
    assert not Push.objects.exists()
    assert not Adjustment.objects.exists()
    assert not Movement.objects.filter(kind="count").exists()
    assert not Event.objects.exists()
    assert make.on_hand(what, home) == 1000
    assert run.steps.get(name=step).error == "RuntimeError: the disk is full"
    assert run.steps.get(name="ns_push_adjustments").status == "pending"
    broken.is_broken = False
    later(seconds=2)
    tick()
    assert make.on_hand(what, home) == 1010
    assert Push.objects.count() == Movement.objects.filter(kind="count").count() == 1


def test_each_batch_has_its_own_three_attempts(broken, later):
    home, approver = make.zone(), make.approver()
    items = [make.stock(100, home=home) for _ in range(3)]
    sheet = make.count(home, [(what, 150) for what in items])
    run = make.run_of(sheet)
    broken.step("d1_update_balances")
    for action in list(make.envelope_of(sheet).lines.all()):
        broken.is_broken = True
        make.approve(action, approver)
        later(seconds=2)
        tick()
        run.refresh_from_db()
        assert run.status == "running"
        broken.is_broken = False
        later(seconds=4)
        tick()
    run.refresh_from_db()
    assert run.status == "completed"
    assert [make.on_hand(what, home) for what in items] == [150, 150, 150]


def test_a_failing_post_action_is_retried_and_given_up_like_a_step(broken, later):
    broken.after_action("log_run")
    sheet, what, home = small_count()
    run = make.run_of(sheet)
    assert run.status == "running"
    assert make.on_hand(what, home) == 1010  # what was posted stays posted
    for _ in range(2):
        later(minutes=1)
        tick()
    run.refresh_from_db()
    assert run.status == "failed"
    assert Alert.objects.filter(key=f"run-failed-{run.pk}").exists()
    broken.is_broken = False
    engine.try_again(run_id=run.pk, by=make.approver())
    run.refresh_from_db()
    assert run.status == "completed"
    assert run.summary["counted"] == 1
    assert Event.objects.filter(name="workflow.completed").count() == 1
    assert Push.objects.count() == 1


def test_one_run_in_trouble_does_not_hold_up_the_others(broken, later):
    broken.after_action("log_run")
    small_count()
    broken.is_broken = False
    sheet, _, _ = make.disputed_count()
    broken.is_broken = True
    later(hours=3)
    report = tick()
    assert report.checks_run == 6
    assert make.run_of(sheet).status == "waiting"


@pytest.mark.parametrize("step", ["hitl_approve", "ns_push_adjustments", "d1_update_balances"])
def test_a_decision_whose_process_died_is_finished_by_the_next_tick(broken, step):
    sheet, what, home = make.disputed_count()
    broken.problem = Died()
    broken.step(step)
    with pytest.raises(Died):
        make.approve(make.envelope_of(sheet), make.approver())
    assert make.line_of(sheet, what).decision == "approved"
    assert make.on_hand(what, home) == 142
    assert make.run_of(sheet).status == "running"
    broken.is_broken = False
    tick()
    assert make.on_hand(what, home) == 184
    assert make.run_of(sheet).status == "completed"


def test_a_decision_that_lands_while_another_process_looks_is_not_put_to_sleep(broken):
    """The other process has passed the gate when the decision commits, whose own process then dies."""
    sheet, what, home = make.disputed_count()
    approver, calls = make.approver(), []
    broken.is_broken = False

    def decided_meanwhile(run):
        calls.append(run)
        if len(calls) == 1:
            with pytest.raises(Died):
                make.approve(make.envelope_of(sheet), approver)
        elif len(calls) == 2:
            raise Died

    broken.step("kv_invalidate_inventory", before=decided_meanwhile)
    engine.advance(sheet.run_id)
    assert make.line_of(sheet, what).decision == "approved"
    assert make.on_hand(what, home) == 142
    tick()
    assert make.on_hand(what, home) == 184


@pytest.mark.parametrize("step", ["compute_variance", "stage_adjustments", "d1_update_balances"])
def test_a_count_whose_process_died_is_finished_by_the_next_tick(broken, step):
    broken.problem = Died()
    broken.step(step)
    with pytest.raises(Died):
        small_count()
    broken.is_broken = False
    tick()
    assert WorkflowRun.objects.get().status == "completed"
    assert Movement.objects.get(kind="count").delta == 10
    assert Push.objects.count() == 1


def test_advancing_again_changes_nothing():
    sheet, what, home = small_count()
    waiting, other, elsewhere = make.disputed_count()
    before = everything()
    for _ in range(3):
        tick()
        engine.advance(sheet.run_id)
        engine.advance(waiting.run_id)
    assert everything() == before


def everything():
    counted = (Movement, Adjustment, Push, Event)
    return [model.objects.count() for model in counted] + list(
        WorkflowRun.objects.order_by("pk").values_list("pk", "status", "completed_at")
    )


def test_blocking_preconditions_leave_no_run():
    home = make.zone()
    with pytest.raises(Refused):
        make.count(home, [(make.stock(1, home=home), None)])
    assert not WorkflowRun.objects.exists()


def test_a_check_that_cannot_be_executed_has_not_passed_and_the_others_go_on(broken, later):
    broken.check("counts_logged")
    small_count()
    later(hours=3)
    tick()
    statuses = dict(VerifyCheck.objects.values_list("name", "status"))
    assert statuses == {
        "counts_logged": "failed", "adjustments_pushed": "passed", "d1_balances_updated": "passed",
    }  # fmt: skip
    assert "the disk is full" in Alert.objects.get(key__startswith="verify-").message


def test_a_check_whose_finding_is_long_is_still_stored(monkeypatch, later):
    declared = registry.workflow(WORKFLOW)
    talkative = Check("counts_logged", timedelta(0), "n > 0", lambda run: Failed("n " * 400))
    monkeypatch.setitem(registry._workflows, WORKFLOW, replace(declared, verify=(talkative,)))
    small_count()
    tick()
    assert VerifyCheck.objects.get().status == "failed"


def one_check(monkeypatch, run):
    declared = registry.workflow(WORKFLOW)
    monkeypatch.setitem(
        registry._workflows, WORKFLOW, replace(declared, verify=(Check("counts_logged", timedelta(0), "n > 0", run),))
    )
    small_count()


def test_a_check_that_comes_too_early_is_asked_again_until_it_knows(monkeypatch, later):
    answers: list[CheckResult] = []
    one_check(monkeypatch, lambda run: answers[-1])
    answers.append(NotYet("waiting for approval", now() + timedelta(hours=1)))
    tick()
    early = VerifyCheck.objects.get()
    assert (early.status, early.actual, early.executed_at) == ("pending", "waiting for approval", None)
    answers.append(Failed("nobody approved it"))
    tick()
    assert VerifyCheck.objects.get().status == "pending"
    later(hours=2)
    tick()
    assert VerifyCheck.objects.get().status == "failed"
    assert "nobody approved it" in Alert.objects.get(key=f"verify-{early.pk}").message


def test_a_check_for_what_nobody_asked_for_is_waived_and_alerts_nobody(monkeypatch):
    one_check(monkeypatch, lambda run: Waived("no PDF was asked for"))
    tick()
    assert VerifyCheck.objects.get().status == "waived"
    assert not Alert.objects.exists()
