"""Declared workflows, action types and schedules. Filled when Django imports each app's `workflow` module."""

from approvals.contract import ActionType, EmailKind, Schedule, Workflow

_workflows: dict[str, Workflow] = {}
_action_types: dict[str, ActionType] = {}
_email_kinds: dict[str, EmailKind] = {}
_schedules: dict[str, Schedule] = {}


def register_workflow(declared: Workflow) -> None:
    if declared.key in _workflows:
        raise ValueError(f"Workflow {declared.key} is declared twice.")
    _workflows[declared.key] = declared


def register_action_type(declared: ActionType) -> None:
    if declared.key in _action_types:
        raise ValueError(f"Action type {declared.key} is declared twice.")
    _action_types[declared.key] = declared


def workflow(key: str) -> Workflow:
    return _workflows[key]


def workflows() -> list[Workflow]:
    return list(_workflows.values())


def action_type(key: str) -> ActionType:
    return _action_types[key]


def register_email_kind(declared: EmailKind) -> None:
    if declared.template in _email_kinds:
        raise ValueError(f"E-mail kind {declared.template} is declared twice.")
    _email_kinds[declared.template] = declared


def email_kind(template: str) -> EmailKind:
    """A kind nobody declared has no conditions."""
    return _email_kinds.get(template) or EmailKind(template)


def register_schedule(declared: Schedule) -> None:
    """For work that is no workflow's trigger; a workflow declares its weekly moment itself."""
    if declared.key in _schedules:
        raise ValueError(f"Schedule {declared.key} is declared twice.")
    _schedules[declared.key] = declared


def schedules() -> list[Schedule]:
    """Everything that is due at moments, the workflows' weekly triggers among it."""
    return [*filter(None, map(_schedule_of, _workflows.values())), *_schedules.values()]


def _schedule_of(declared: Workflow) -> Schedule | None:
    trigger = declared.trigger
    if trigger.weekly is None or trigger.on_slot is None:
        return None
    return Schedule(declared.key, declared.title, trigger.weekly, trigger.on_slot, trigger.by_hand)
