"""Roles are Django groups. Each app says in its own `roles` module which permissions a role needs;
`migrate` grants them. What an administrator adds to a group by hand stays."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig

ROLES: dict[str, list[str]] = {
    "approver": [
        "approvals.view_proposedaction",
        "approvals.decide_proposedaction",
        "approvals.view_workflowrun",
        "approvals.view_runstep",
        "approvals.view_journalentry",
        "approvals.view_event",
        "approvals.view_verifycheck",
        "approvals.view_alert",
        "approvals.resolve_alert",
        "approvals.view_guardrail",
        "approvals.view_auditentry",
        "approvals.view_outboundemail",
        "approvals.view_edittoken",
        "approvals.add_edittoken",
    ],
    "counter": ["approvals.view_edittoken", "approvals.add_edittoken"],
    "integrator": [
        "approvals.view_workflowrun",
        "approvals.view_runstep",
        "approvals.view_event",
        "approvals.view_subscription",
        "approvals.view_delivery",
        "approvals.resolve_delivery",
        "approvals.view_verifycheck",
        "approvals.view_alert",
        "approvals.view_edittoken",
        "approvals.add_edittoken",
    ],
    "auditor": [
        "approvals.view_proposedaction",
        "approvals.view_workflowrun",
        "approvals.view_runstep",
        "approvals.view_journalentry",
        "approvals.view_event",
        "approvals.view_verifycheck",
        "approvals.view_alert",
        "approvals.view_guardrail",
        "approvals.view_historicalguardrail",
        "approvals.view_auditentry",
        "approvals.view_scheduledslot",
        "approvals.view_outboundemail",
        "approvals.view_subscription",
        "approvals.view_delivery",
    ],
    "quote manager": [],
    "price viewer": [],
}


def grant_roles(app_config: AppConfig, using: str, **_: Any) -> None:
    """After an app's migrations: give each role what the app's `roles` module lists for it."""
    if find_spec(f"{app_config.name}.roles") is None:
        return
    from django.contrib.auth.models import Group, Permission

    declared: dict[str, list[str]] = getattr(import_module(f"{app_config.name}.roles"), "ROLES", {})
    for role, names in declared.items():
        group, _created = Group.objects.using(using).get_or_create(name=role)
        for name in names:
            app_label, codename = name.split(".")
            group.permissions.add(
                Permission.objects.using(using).get(content_type__app_label=app_label, codename=codename)
            )
