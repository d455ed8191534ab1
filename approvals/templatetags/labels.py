"""A coloured word on a row's own page, as the list has it."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from unfold.utils import display_for_label

register = template.Library()


@register.filter
def column_label(field: Any) -> SafeString | None:
    """Of a read-only field shown by a column with `@display(label=...)`: its label. Of all others None."""
    found = getattr(field, "resolved_field", None)
    if not found:
        return None
    model_field, column, value = found
    colours = getattr(column, "label", None)
    if model_field is not None or not callable(column) or not colours:
        return None
    label: SafeString = display_for_label(value, field.empty_value_display, colours)
    return label
