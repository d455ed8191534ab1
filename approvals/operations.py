"""The gate: one decision is one conditional status change, bound to what the decider saw.

Two approvers, a double click, approve against reject: the database lets one win, and the other is told who
and when. The admin page, bulk actions, the API and the commands all come through `decide`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from approvals import audit, engine, registry
from approvals.clock import now
from approvals.failpoints import Failpoint, reach
from approvals.models import Guardrail, ProposedAction, WorkflowRun
from approvals.refusals import Refused
from approvals.set_based import update_where_pk_in

Status = ProposedAction.Status
SEPARATION_OF_DUTIES = "separation_of_duties"
VERBS = {Status.APPROVED: "approved", Status.REJECTED: "rejected", Status.SENT_BACK: "sent back"}


class NotAllowedToDecide(Refused):
    pass


class AlreadyDecided(Refused):
    pass


class ChangedSinceSeen(Refused):
    """The numbers moved between the page and the click; `new_hash` is what a decision would bind to now."""

    def __init__(self, problems: Iterable[str], new_hash: str) -> None:
        super().__init__(problems)
        self.new_hash = new_hash


@dataclass(frozen=True)
class Decision:
    """What an action type's `decided` receives: the action, its decided lines by verdict, and their numbers."""

    action: ProposedAction
    verdicts: Mapping[str, list[ProposedAction]]  # status -> actions; the action itself when it has no lines
    live: Mapping[int, dict[str, Any]]
    content_hash: str
    by: Any
    note: str


def content_hash(live: Mapping[int, dict[str, Any]]) -> str:
    """SHA-256 over the numbers of these actions, as they are now, in order of id."""
    text = json.dumps([[pk, live[pk]] for pk in sorted(live)], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def live_numbers(action: ProposedAction) -> dict[int, dict[str, Any]]:
    """What a decision on this action is about, now: its undecided lines, or itself when it has no lines."""
    subjects = _subjects(action)
    return registry.action_type(subjects[0].action_type).live(subjects) if subjects else {}


def with_live_numbers(
    actions: list[ProposedAction],
) -> list[tuple[ProposedAction, dict[int, dict[str, Any]]]]:
    """Each action with its live numbers; lines of one type and run are looked up together."""
    found: dict[int, dict[int, dict[str, Any]]] = {}
    single: dict[tuple[str, int | None], list[ProposedAction]] = {}
    for action in actions:
        if action.envelope_id and action.status == Status.PENDING:
            single.setdefault((action.action_type, action.workflow_run_id), []).append(action)
        else:
            found[action.pk] = live_numbers(action)
    for (key, _), group in single.items():
        numbers = registry.action_type(key).live(group)
        found |= {action.pk: {action.pk: numbers[action.pk]} for action in group}
    return [(action, found[action.pk]) for action in actions]


def is_undecided(action: ProposedAction) -> bool:
    return action.status == Status.PENDING or action.lines.filter(status=Status.PENDING).exists()


# Of ten thousand lines only what a decision looks at.
_SUBJECT_FIELDS = ("action_type", "title", "status", "entity_ref", "workflow_run", "envelope")


def _subjects(action: ProposedAction) -> list[ProposedAction]:
    if action.lines.exists():
        return list(action.lines.filter(status=Status.PENDING).order_by("pk").only(*_SUBJECT_FIELDS))
    return [action] if action.status == Status.PENDING else []


def decide(
    *,
    action_id: int,
    by: AbstractBaseUser,
    seen_hash: str | Mapping[int, str] | None,
    via: str,
    verdicts: Mapping[int, str] | None = None,
    verdict: str | None = None,
    note: str = "",
) -> ProposedAction:
    """Decide an action, or lines of an envelope, and take its run further.

    Give `verdict` to decide the action (all its undecided lines), or `verdicts` {line id: status} for single
    lines. `seen_hash` is the content hash shown to the decider, of the whole or {line id: hash} of single lines;
    None only for commands, which see and decide in one breath. Raises NotAllowedToDecide, AlreadyDecided,
    ChangedSinceSeen or Refused; nothing is changed then.
    """
    with transaction.atomic():
        action, envelope = _locked(action_id)
        check_may_decide(envelope, by)
        _check_note({verdict} if verdicts is None else set(verdicts.values()), note)
        subjects = _all_undecided(action) if verdicts is None else _undecided(action, verdicts)
        chosen = dict.fromkeys((row.pk for row in subjects), str(verdict)) if verdicts is None else verdicts
        _check_can_send_back(subjects, chosen)
        live = registry.action_type(subjects[0].action_type).live(subjects)
        bound_to = content_hash(live)
        if seen_hash is not None:
            _check_unchanged(action, subjects, live, bound_to, seen_hash)
        decision = _decision(envelope, subjects, chosen, live, bound_to, by, note)
        _flip(decision, via)
        _carry_out(decision, via)
    reach(Failpoint.AFTER_DECISION)
    if action.workflow_run_id:
        engine.advance(action.workflow_run_id)
    action.refresh_from_db()
    return action


def _locked(action_id: int) -> tuple[ProposedAction, ProposedAction]:
    """The action and its envelope (itself when it has none), locked.

    The run first, as the engine does: whoever takes locks in another order can wait for us while we wait for them.
    """
    found = ProposedAction.objects.get(pk=action_id)
    if found.workflow_run_id:
        WorkflowRun.objects.select_for_update().only("pk").get(pk=found.workflow_run_id)
    envelope = ProposedAction.objects.select_for_update().get(pk=found.envelope_id or found.pk)
    if envelope.pk == found.pk:
        return envelope, envelope
    return ProposedAction.objects.select_for_update().get(pk=found.pk), envelope


def check_may_decide(action: ProposedAction, by: Any) -> None:
    """Permission, and that nobody decides what they took part in."""
    if not (by.is_active and by.has_perm("approvals.decide_proposedaction")):
        raise NotAllowedToDecide(f"{by} may not decide proposed actions. Ask an administrator for the approver role.")
    switched_off = Guardrail.objects.filter(name=SEPARATION_OF_DUTIES, is_enabled=False).exists()
    if not switched_off and action.participants.filter(pk=by.pk).exists():
        raise NotAllowedToDecide(f"{by} took part in this, so somebody else must decide it.")


def _check_note(verdicts: set[str | None], note: str) -> None:
    if not verdicts or None in verdicts:
        raise Refused("Nothing was chosen. Tick at least one line and choose what to do with it.")
    unknown = verdicts - set(VERBS)
    if unknown:
        raise Refused(f"“{unknown.pop()}” is not a decision. Choose approve, reject or send back.")
    if verdicts - {Status.APPROVED} and not note.strip():
        raise Refused("Say why in the note: a rejection or a recount needs a reason.")


def _all_undecided(action: ProposedAction) -> list[ProposedAction]:
    subjects = _subjects(action)
    if not subjects:
        raise AlreadyDecided(_who_decided(action))
    return subjects


def _undecided(action: ProposedAction, chosen: Mapping[int, str]) -> list[ProposedAction]:
    lines = ProposedAction.objects.filter(envelope=action)
    family = lines if lines.exists() else ProposedAction.objects.filter(pk=action.pk)
    known = {row.pk: row for row in family.filter(pk__any_of=chosen).select_related("decided_by")}
    strangers = [pk for pk in chosen if pk not in known]
    if strangers:
        raise Refused(f"Line {strangers[0]} does not belong to “{action.title}”. Reload the page.")
    decided = [known[pk] for pk in chosen if known[pk].status != Status.PENDING]
    if decided:
        raise AlreadyDecided(_who_decided(row) for row in decided[:5])
    return [known[pk] for pk in sorted(chosen)]


def _check_can_send_back(subjects: list[ProposedAction], chosen: Mapping[int, str]) -> None:
    for row in subjects:
        if chosen[row.pk] == Status.SENT_BACK and not registry.action_type(row.action_type).can_send_back:
            raise Refused(f"“{row.title}” cannot be sent back. Approve or reject it.")


def _who_decided(row: ProposedAction) -> str:
    if row.status == Status.WITHDRAWN:
        return f"“{row.title}” was withdrawn. {row.reason_note}"
    if row.decided_by is None or row.decided_at is None:
        return f"“{row.title}” has nothing left to decide."
    verb = VERBS.get(Status(row.status), row.status)
    return f"“{row.title}” was already {verb} by {row.decided_by} at {row.decided_at:%Y-%m-%d %H:%M:%S} UTC."


def _check_unchanged(
    action: ProposedAction,
    subjects: list[ProposedAction],
    live: Mapping[int, dict[str, Any]],
    bound_to: str,
    seen_hash: str | Mapping[int, str],
) -> None:
    if isinstance(seen_hash, str):
        unchanged = seen_hash == bound_to or seen_hash == content_hash(live_numbers(action))
    else:
        unchanged = all(seen_hash.get(pk) == content_hash({pk: numbers}) for pk, numbers in live.items())
    if unchanged:
        return
    sentence = "The numbers changed since you looked, so nothing was decided. Look at the new ones and decide again."
    raise ChangedSinceSeen([sentence, *_new_numbers(subjects, live)], content_hash(live_numbers(action)))


def _new_numbers(subjects: list[ProposedAction], live: Mapping[int, dict[str, Any]]) -> list[str]:
    """At most ten sentences: which proposals no longer read as they were staged, and how they read now."""
    staged = ProposedAction.objects.filter(pk__any_of=[row.pk for row in subjects]).order_by("pk")
    moved = []
    for pk, title, payload in staged.values_list("pk", "title", "payload"):
        changed = [
            f"{name.replace('_', ' ')} {payload[name]} → {value}"
            for name, value in live[pk].items()
            if name in payload and str(payload[name]) != str(value)
        ]
        if changed:
            moved.append(f"“{title}”: {', '.join(changed)}.")
    return moved[:10]


def _decision(
    envelope: ProposedAction,
    subjects: list[ProposedAction],
    chosen: Mapping[int, str],
    live: Mapping[int, dict[str, Any]],
    bound_to: str,
    by: Any,
    note: str,
) -> Decision:
    verdicts: dict[str, list[ProposedAction]] = {}
    for row in subjects:
        verdicts.setdefault(chosen[row.pk], []).append(row)
    return Decision(envelope, verdicts, live, bound_to, by, note)


def _flip(decision: Decision, via: str) -> None:
    """The conditional status change. Fewer rows than asked for means that somebody else was first."""
    for status, rows in decision.verdicts.items():
        won = update_where_pk_in(
            ProposedAction.objects.filter(status=Status.PENDING),
            [row.pk for row in rows],
            status=status,
            decided_by=decision.by,
            decided_at=now(),
            decided_via=via,
            decided_hash=decision.content_hash,
            reason_note=decision.note,
        )
        if won != len(rows):
            raise AlreadyDecided("Somebody else decided this a moment ago. Reload the page to see who.")


def _carry_out(decision: Decision, via: str) -> None:
    """Let the owner carry the decision into its rows, close a finished envelope, write the audit entry."""
    first = next(iter(decision.verdicts.values()))[0]
    declared = registry.action_type(first.action_type)
    objection = declared.objection(decision)
    if objection:
        raise Refused(objection)
    declared.decided(decision)
    envelope = decision.action
    close_if_finished(envelope, by=decision.by, via=via, note=decision.note)
    if envelope.workflow_run_id:
        wake(envelope.workflow_run_id)
    audit.append(
        actor=decision.by,
        verb="action.decided",
        entity_ref=f"proposed_action:{envelope.pk}",
        details={
            "via": via,
            "note": decision.note,
            "content_hash": decision.content_hash,
            **{status: [row.pk for row in rows] for status, rows in decision.verdicts.items()},
        },
    )


def close_if_finished(envelope: ProposedAction, *, by: Any, via: str, note: str) -> None:
    """Close an envelope with its last line, unless its owner says that more will come."""
    envelope.refresh_from_db()
    verdicts = set(envelope.lines.values_list("status", flat=True).distinct().order_by())
    if envelope.status != Status.PENDING or not verdicts or Status.PENDING in verdicts:
        return
    if registry.action_type(envelope.action_type).stays_open(envelope):
        return
    approved = Status.APPROVED in verdicts
    envelope.status = Status.APPROVED if approved else Status.REJECTED
    envelope.decided_by, envelope.decided_at, envelope.decided_via = by, now(), via
    envelope.reason_note = note or ("" if approved else "Every line was rejected or sent back.")
    envelope.save()


def wake(run_id: int) -> None:
    """Mark the run as having work, in the decision's own transaction: if we die now, the tick goes on.

    The moment tells an `advance` that began before us and looked too early not to put the run to sleep again.
    """
    run = WorkflowRun.objects.select_for_update().defer("inputs").get(pk=run_id)
    if run.is_final:
        return
    run.move_to(WorkflowRun.Status.RUNNING)
    run.next_attempt_at = now()
    run.save(update_fields=["status", "completed_at", "next_attempt_at"])
