"""Look-ups the decision page needs."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(table: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a mapping for a key that is itself a variable."""
    return table.get(key, "")
