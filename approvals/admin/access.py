"""Who may come in: users, roles, and the edit tokens with which programs act for people."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from approvals import audit
from approvals.admin.confirming import Question, ask
from approvals.clock import now
from approvals.models import EditToken

User = get_user_model()
TOKEN_COLOURS = {"live": "success", "expired": "warning", "revoked": "danger"}

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(auth.UserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "roles", "is_active", "is_staff", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description="Roles", label=True)
    def roles(self, user: Any) -> list[str]:
        names = sorted(group.name for group in user.groups.all())
        return ["superuser", *names] if user.is_superuser else names


@admin.register(Group)
class GroupAdmin(auth.GroupAdmin, ModelAdmin):
    pass


@admin.register(EditToken)
class EditTokenAdmin(ModelAdmin):
    """A token is issued to oneself, its text is shown once, and it is revoked, never edited or deleted."""

    list_display = ("label", "hint", "user", "state", "created_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("label", "user__username")
    actions = None
    actions_detail = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EditToken]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(user_id=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["label", "hint", "user", "state", "created_at", "expires_at", "revoked_at", "last_used_at"]
        return shown if obj else ["label"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="State", label=TOKEN_COLOURS)
    def state(self, token: EditToken) -> tuple[str, str]:
        if token.revoked_at:
            return "revoked", "Revoked"
        return ("live", "Valid") if token.expires_at > now() else ("expired", "Expired")

    def save_model(self, request: HttpRequest, obj: EditToken, form: Any, change: bool) -> None:
        """Issue it; the text lives in this request only and is shown by response_add."""
        row, text = EditToken.issue(user=request.user, label=form.cleaned_data["label"])
        obj.pk, obj.hint, obj.user = row.pk, row.hint, row.user
        request.issued_token_text = text  # type: ignore[attr-defined]
        audit.append(
            actor=request.user, verb="token.issued", entity_ref=f"edit_token:{row.pk}",
            details={"label": row.label, "hint": row.hint},
        )  # fmt: skip

    def response_add(self, request: HttpRequest, obj: EditToken, post_url_continue: Any = None) -> HttpResponse:
        """The one page that shows the token, never cached."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Your new edit token",
            "token_text": request.issued_token_text,  # type: ignore[attr-defined]
            "token": EditToken.objects.get(pk=obj.pk),
            "opts": self.opts,
        }
        response = TemplateResponse(request, "approvals/token_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """One's own, or any for a superuser: the queryset says which."""
        rows = self.get_queryset(request).filter(revoked_at=None)
        return self.has_view_permission(request) and rows.filter(pk=str(object_id)).exists()

    @action(
        description="Revoke",
        url_path="revoke",
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        token = get_object_or_404(self.get_queryset(request), pk=object_id)

        def carry_out(_reason: str) -> str:
            with transaction.atomic():
                token.revoke()
                audit.append(
                    actor=request.user,
                    verb="token.revoked",
                    entity_ref=f"edit_token:{token.pk}",
                    details={"label": token.label, "hint": token.hint},
                )
            return f"“{token.label}” is revoked."

        question = Question(
            title=f"Revoke “{token.label}”?",
            consequences=["Programs using it are refused from now on.", "A revoked token cannot be revived."],
            button="Revoke",
            carry_out=carry_out,
            is_dangerous=True,
        )
        return ask(request, self, token, question)
