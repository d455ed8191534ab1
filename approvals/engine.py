"""Runs a declared workflow. Knows steps, waits, retries and verify checks; knows no domain fact.

A run is advanced by whoever has reason to (a submission, a decision, the tick); advancing twice changes
nothing. Each step has one row and one transaction; consecutive EACH_BATCH steps share one transaction, so
what they do together happens together or not at all.
"""

import logging
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Q

from approvals import audit, registry
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.contract import (
    CheckResult,
    Failed,
    NotYet,
    Passed,
    Skipped,
    Step,
    StepResult,
    Waiting,
    Waived,
    When,
    Workflow,
)
from approvals.failpoints import after_step, reach
from approvals.models import Event, RunStep, VerifyCheck, WorkflowRun
from approvals.refusals import Refused

log = logging.getLogger(__name__)


def start(*, key: str, inputs: dict[str, Any], subject: str, by: Any | None) -> WorkflowRun:
    """Check the preconditions and store the run with its steps and verify checks. Raises Refused.

    Call inside a transaction together with the rows the run is about; `advance` after it has committed.
    """
    declared = registry.workflow(key)
    warnings = check_preconditions(declared, inputs)
    with transaction.atomic():
        run = WorkflowRun.objects.create(
            workflow_type=key, subject=subject, inputs=inputs, warnings=warnings, started_by=by
        )
        RunStep.objects.bulk_create(
            RunStep(run=run, position=position, name=step.name) for position, step in enumerate(declared.steps, 1)
        )
        VerifyCheck.objects.bulk_create(
            VerifyCheck(run=run, name=check.name, expected=check.expected, due_at=run.started_at + check.after)
            for check in declared.verify
        )
        audit.append(actor=by, verb="workflow.started", entity_ref=run.entity_ref, details={"subject": subject})
    return run


def check_preconditions(declared: Workflow, inputs: dict[str, Any]) -> list[str]:
    """The warnings; raises Refused with every blocking sentence at once."""
    given = declared.read_inputs(inputs)
    context = {query.name: query.load(given) for query in declared.context}
    found = [(rule, rule.check(given, context)) for rule in declared.preconditions]
    blocking = [sentence for rule, sentence in found if sentence and rule.blocks]
    if blocking:
        raise Refused(blocking)
    return [sentence for _, sentence in found if sentence]


class StepFailed(Exception):
    """Carries the name of the step that raised out of the transaction it is rolled back with."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def advance(run_id: int) -> WorkflowRun:
    """Take the run as far as it can go now. Never raises for a failing step: the failure is recorded."""
    began = now()
    run = WorkflowRun.objects.defer("inputs").get(pk=run_id)
    declared = registry.workflow(run.workflow_type)
    waiting = False
    try:
        finished = set(run.steps.filter(status__in=RunStep.FINAL).values_list("name", flat=True))
        for steps in _together(declared):
            if finished.issuperset(step.name for step in steps):
                continue
            if waiting and steps[0].when is When.WHEN_DECIDED:
                break
            _go_ahead(run, steps)
            with transaction.atomic():
                waiting = _run_steps(run_id, steps, waiting)
            reach(after_step(steps[-1].name))
        return _settle(run_id, declared, waiting, began)
    except StepFailed as failure:
        log.exception("run %s: %s failed", run_id, failure.step)
        return _record_failure(run_id, declared, failure.step, failure.__cause__ or failure)


def _together(declared: Workflow) -> Iterator[list[Step]]:
    """Steps that share a transaction: neighbours that run for each batch; every other step alone."""
    for when, steps in groupby(declared.steps, key=lambda step: step.when):
        if when is When.EACH_BATCH:
            yield list(steps)
        else:
            yield from ([step] for step in steps)


def _go_ahead(run: WorkflowRun, steps: list[Step]) -> None:
    """What the steps do outside their transaction; a failure counts as the step's own."""
    for step in steps:
        try:
            step.ahead(run)
        except Exception as problem:
            raise StepFailed(step.name) from problem


def _run_steps(run_id: int, steps: list[Step], waiting: bool) -> bool:
    run = WorkflowRun.objects.select_for_update().defer("inputs").get(pk=run_id)
    rows = {row.name: row for row in RunStep.objects.filter(run=run, name__in=[step.name for step in steps])}
    for step in steps:
        row = rows[step.name]
        if row.is_final or run.is_final:
            continue
        row.started_at = row.started_at or now()
        result = _attempt(step, run)
        row.detail, row.error = result.detail, ""
        row.status = _status_after(step, result, waiting)
        row.finished_at = now() if row.is_final else None
        # The next batch has attempts of its own.
        row.attempts = row.attempts if row.is_final else 0
        row.save()
        waiting = waiting or isinstance(result, Waiting)
    return waiting


def _attempt(step: Step, run: WorkflowRun) -> StepResult:
    try:
        return step.run(run)
    except Exception as problem:
        raise StepFailed(step.name) from problem


def _status_after(step: Step, result: StepResult, waiting: bool) -> str:
    if isinstance(result, Waiting):
        return RunStep.Status.WAITING
    if waiting and step.when is When.EACH_BATCH:
        return RunStep.Status.SO_FAR
    return RunStep.Status.SKIPPED if isinstance(result, Skipped) else RunStep.Status.DONE


@transaction.atomic
def _record_failure(run_id: int, declared: Workflow, step: str, problem: BaseException) -> WorkflowRun:
    run = WorkflowRun.objects.select_for_update().defer("inputs").get(pk=run_id)
    row = RunStep.objects.get(run=run, name=step)
    if run.is_final:  # another process finished it while we failed
        return run
    row.attempts += 1
    row.error = f"{type(problem).__name__}: {problem}"[:2000]
    exhausted = row.attempts >= declared.retry.attempts
    row.status = RunStep.Status.FAILED if exhausted else row.status
    row.save()
    if exhausted:
        _fail(run, declared, row)
    else:
        run.next_attempt_at = now() + declared.retry.delay(row.attempts)
        run.save(update_fields=["next_attempt_at"])
    return run


def _fail(run: WorkflowRun, declared: Workflow, row: RunStep) -> None:
    run.move_to(WorkflowRun.Status.FAILED)
    run.next_attempt_at = None
    run.save()
    facts = {"step": row.name, "error": row.error}
    Event.objects.create(name="workflow.failed", subject=run.entity_ref, workflow_run=run, payload=facts)
    audit.append(actor=None, verb="workflow.failed", entity_ref=run.entity_ref, details={"step": row.name})
    if declared.retry.alert:
        raise_alert(
            key=f"run-failed-{run.pk}",
            severity="critical",
            message=f"{run.subject}: step {row.name} failed {row.attempts} times ({row.error}). Open the run, "
            "mend the cause and press Try again.",
            link=f"/admin/approvals/workflowrun/{run.pk}/change/",
        )


@transaction.atomic
def _settle(run_id: int, declared: Workflow, waiting: bool, began: datetime) -> WorkflowRun:
    run = WorkflowRun.objects.select_for_update().defer("inputs").get(pk=run_id)
    if run.is_final:
        return run
    if waiting:
        if run.next_attempt_at and run.next_attempt_at > began:
            return run  # a decision came while we looked: the tick looks again, should its own process die
        run.next_attempt_at = None
        run.move_to(WorkflowRun.Status.WAITING)
        run.save()
        return run
    run.next_attempt_at = None
    run.move_to(WorkflowRun.Status.COMPLETED)
    run.save()
    _act_afterwards(run, declared)
    audit.append(actor=None, verb="workflow.completed", entity_ref=run.entity_ref, details=run.summary)
    return run


def _act_afterwards(run: WorkflowRun, declared: Workflow) -> None:
    """The post actions. A failing one counts on the last step, which is then tried again with them."""
    try:
        for action in declared.afterwards:
            action.run(run)
    except Exception as problem:
        raise StepFailed(declared.steps[-1].name) from problem


def try_again(*, run_id: int, by: Any) -> WorkflowRun:
    """Give a failed run a fresh set of attempts."""
    with transaction.atomic():
        run = WorkflowRun.objects.select_for_update().get(pk=run_id)
        if run.status != WorkflowRun.Status.FAILED:
            raise Refused(f"This run is {run.get_status_display().lower()}; only a failed run can be tried again.")
        run.move_to(WorkflowRun.Status.RUNNING)
        run.save()
        run.steps.filter(status=RunStep.Status.FAILED).update(status=RunStep.Status.PENDING, attempts=0)
        resolve_alert(key=f"run-failed-{run.pk}", by=by)
        audit.append(actor=by, verb="workflow.tried_again", entity_ref=run.entity_ref, details={})
    return advance(run_id)


def advance_due() -> int:
    """Advance every run that is running (a crash left it) or due for a retry; returns how many."""
    due = WorkflowRun.objects.filter(
        Q(next_attempt_at__lte=now()) | Q(status=WorkflowRun.Status.RUNNING, next_attempt_at=None)
    ).exclude(status__in=[WorkflowRun.Status.COMPLETED, WorkflowRun.Status.FAILED])
    ids = list(due.order_by("pk").values_list("pk", flat=True))
    for run_id in ids:
        try:
            advance(run_id)
        except Exception:  # a locked or lost database: the other runs, and the next tick, go on
            log.exception("run %s could not be advanced", run_id)
    return len(ids)


def run_due_checks() -> int:
    """Execute every verify check that is due; a failed one raises an alert. Returns how many were looked at."""
    due = VerifyCheck.objects.filter(status=VerifyCheck.Status.PENDING, due_at__lte=now())
    return sum(_run_check(row) for row in due.select_related("run"))


OUTCOMES = {
    Passed: VerifyCheck.Status.PASSED,
    Failed: VerifyCheck.Status.FAILED,
    Waived: VerifyCheck.Status.WAIVED,
}


def _run_check(row: VerifyCheck) -> int:
    result = _verdict(row)
    pending = VerifyCheck.objects.filter(pk=row.pk, status=VerifyCheck.Status.PENDING)
    if isinstance(result, NotYet):
        return pending.update(actual=result.found[:200], due_at=result.again_at)
    won = pending.update(status=OUTCOMES[type(result)], actual=result.found[:200], executed_at=now())
    if won and isinstance(result, Failed):
        raise_alert(
            key=f"verify-{row.pk}",
            severity="critical",
            message=f"{row.run.subject}: check {row.name} failed. Expected {row.expected}; found {result.found}.",
            link=f"/admin/approvals/workflowrun/{row.run_id}/change/",
        )
    return won


def _verdict(row: VerifyCheck) -> CheckResult:
    """What was found; a check that cannot be executed has not passed."""
    checks = {check.name: check for check in registry.workflow(row.run.workflow_type).verify}
    try:
        check = checks[row.name]
        with nullcontext() if check.asks_elsewhere else transaction.atomic():
            return check.run(row.run)
    except Exception as problem:
        log.exception("run %s: check %s", row.run_id, row.name)
        return Failed(f"{type(problem).__name__}: {problem}")
