"""Screens that show and never change: for everyone, superusers included."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows written by the program. What a person may do with one is a button of its own, never a form."""

    list_fullwidth = True
    list_per_page = 50
    actions: Sequence[Any] | None = None  # bulk actions, where a screen has some
    actions_detail_hide_default = True  # the admin log of a row nobody can edit is empty

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
