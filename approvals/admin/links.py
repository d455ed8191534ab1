"""Links from one row to another's page."""

from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html


def page_of(row: Model) -> str:
    """The address of a row's admin page; empty when its model has none."""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
    except NoReverseMatch:
        return ""


def list_of(model: type[Model], **query: Any) -> str:
    """The address of a model's list, narrowed by `query`; empty when it has none."""
    try:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    return path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")


def link_to(row: Model | None, text: str = "") -> str:
    """An <a> to the row's page, or its text alone; a dash for no row."""
    if row is None:
        return "–"
    address = page_of(row)
    label = text or str(row)
    return format_html('<a class="cs-link" href="{}">{}</a>', address, label) if address else label
