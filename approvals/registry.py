"""Declared workflows and action types. Filled when Django imports each app's `workflow` module."""

from approvals.contract import ActionType, Workflow

_workflows: dict[str, Workflow] = {}
_action_types: dict[str, ActionType] = {}


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
