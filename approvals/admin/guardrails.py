"""Guardrails: thresholds people may turn, each change a version with its history."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.decorators import display

from approvals import audit
from approvals.admin.histories import HistoryAdmin
from approvals.models import Guardrail
from approvals.money import dollars
from approvals.operations import SEPARATION_OF_DUTIES
from approvals.templatetags.figures import quantity


class GuardrailForm(ModelForm):
    """Only a superuser switches the separation of duties off: the `request` is set by the screen."""

    request: HttpRequest

    def clean_is_enabled(self) -> bool:
        enabled: bool = self.cleaned_data["is_enabled"]
        needs_superuser = self.instance.name == SEPARATION_OF_DUTIES and not enabled
        if needs_superuser and not self.request.user.is_superuser:
            raise ValidationError("Only a superuser may switch the separation of duties off.")
        return enabled


@admin.register(Guardrail)
class GuardrailAdmin(HistoryAdmin):
    form = GuardrailForm
    list_display = ("name", "explanation", "limits", "enabled", "version")
    fields = (
        "name",
        "explanation",
        "percent_limit",
        "value_limit",
        "quantity_limit",
        "is_enabled",
        "version",
        "effect",
    )
    readonly_fields = ("name", "version", "effect")
    history_list_display = ("version",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The program names its guardrails; a new name would guard nothing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def save_model(self, request: HttpRequest, obj: Guardrail, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            said = {name: form.cleaned_data[name] for name in form.changed_data}
            audit.append(
                actor=request.user, verb="guardrail.changed", entity_ref=f"guardrail:{obj.name}",
                details={"version": obj.version, **said},
            )  # fmt: skip

    @admin.display(description="Limits")
    def limits(self, guardrail: Guardrail) -> str:
        return _limits(guardrail) or "–"

    @display(description="State", label={"on": "success", "off": "danger"})
    def enabled(self, guardrail: Guardrail) -> tuple[str, str]:
        return ("on", "On") if guardrail.is_enabled else ("off", "Off")

    @admin.display(description="What this means")
    def effect(self, guardrail: Guardrail) -> str:
        if not guardrail.is_enabled:
            return (
                "Switched off. A threshold that is switched off lets nothing pass: a human decides. "
                "(Switching off the separation of duties or the second approval drops that requirement.)"
            )
        limits = _limits(guardrail)
        applies = f"Applies now with {limits}." if limits else "Applies now."
        return (
            f"{applies} Decisions already taken keep the version they were taken under; "
            f"a change makes version {guardrail.version + 1} and holds from the next count on."
        )


def _limits(guardrail: Guardrail) -> str:
    """`40 %, $500.00 and 10 units`; the capacity's limit is a number of zones."""
    counts_zones = "not dollars" in guardrail.explanation
    parts = []
    if guardrail.percent_limit is not None:
        parts.append(f"{quantity(guardrail.percent_limit)} %")
    if guardrail.value_limit is not None:
        value = guardrail.value_limit
        parts.append(f"{quantity(value)} zones a week" if counts_zones else dollars(value))
    if guardrail.quantity_limit is not None:
        units = guardrail.quantity_limit
        parts.append(f"{quantity(units)} unit{'' if units == 1 else 's'}")
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
