"""System checks: a wrong declaration is found at start, not on Monday at six."""

import importlib.util
import os
from typing import Any

from django.core.checks import Error, register

from approvals import failpoints, registry, tracing


@register()
def declarations_are_sound(app_configs: Any, **kwargs: Any) -> list[Error]:
    problems = []
    for declared in registry.workflows():
        names = [step.name for step in declared.steps]
        if len(names) != len(set(names)):
            problems.append(Error(f"Workflow {declared.key} names a step twice.", id="approvals.E001"))
        if declared.trigger.weekly and not declared.trigger.on_slot:
            problems.append(
                Error(f"Workflow {declared.key} has a schedule but nothing to do on it.", id="approvals.E002")
            )
    keys = [schedule.key for schedule in registry.schedules()]
    if len(keys) != len(set(keys)):
        problems.append(Error("Two schedules share a key, so they would share their slots.", id="approvals.E004"))
    return problems


@register()
def tracing_has_its_packages(app_configs: Any, **kwargs: Any) -> list[Error]:
    if not tracing.is_on() or importlib.util.find_spec("opentelemetry"):
        return []
    hint = "Install them with pip install --require-hashes -r requirements/tracing.txt, or unset the variable."
    return [Error("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is missing.", hint=hint, id="approvals.E005")]


@register()
def failpoints_are_off(app_configs: Any, **kwargs: Any) -> list[Error]:
    if not os.environ.get(failpoints.VARIABLE) or failpoints.are_allowed():
        return []
    hint = f"Remove {failpoints.VARIABLE} from the environment: it kills this program on purpose."
    return [Error(f"{failpoints.VARIABLE} is set in production.", hint=hint, id="approvals.E003")]
