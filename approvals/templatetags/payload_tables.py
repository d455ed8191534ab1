"""Stored JSON as tables a person can read: objects as name and value, lists of objects as rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()
DEEPEST = 6
LONGEST = 500


@register.filter
def payload_table(value: Any) -> SafeString:
    """The whole value as nested tables; every text escaped."""
    return _shown(value, DEEPEST)


@register.filter
def readable(name: str) -> str:
    """`adjustQtyBy` and `gross_value` as words."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in str(name))
    return spaced.replace("_", " ").strip()


@register.filter
def pretty_answer(text: str) -> str:
    """A raw answer, indented when it is JSON. For a collapsed <pre> only."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def without_money(value: Any) -> Any:
    """The same without whatever is named a value, a cost or a price: for people who may not see cost."""
    if isinstance(value, Mapping):
        return {name: without_money(inner) for name, inner in value.items() if not _is_money(name)}
    if isinstance(value, list):
        return [without_money(inner) for inner in value]
    return value


def _is_money(name: str) -> bool:
    return any(word in readable(name).split() for word in ("value", "cost", "price", "margin"))


def _shown(value: Any, depth: int) -> SafeString:
    if value is None or value == "" or value == [] or value == {}:
        return format_html('<span class="cs-dim">{}</span>', "–")
    if isinstance(value, bool):
        return format_html("{}", "yes" if value else "no")
    if depth and isinstance(value, Mapping):
        return _pairs(value, depth)
    if depth and isinstance(value, Sequence) and not isinstance(value, str):
        return _rows(value, depth)
    return format_html("{}", value)


def _pairs(value: Mapping[str, Any], depth: int) -> SafeString:
    rows = ((readable(name), _shown(inner, depth - 1)) for name, inner in value.items())
    body = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows)
    return format_html('<table class="cs-pairs"><tbody>{}</tbody></table>', body)


def _rows(value: Sequence[Any], depth: int) -> SafeString:
    if all(isinstance(row, Mapping) for row in value):
        names = list(dict.fromkeys(name for row in value for name in row))
        head = format_html_join("", "<th>{}</th>", ((readable(name),) for name in names))
        lines = [[row.get(name) for name in names] for row in value]
    elif any(isinstance(row, Sequence) and not isinstance(row, str) for row in value):
        head = SafeString("")
        lines = [list(row) if isinstance(row, list | tuple) else [row] for row in value]
    else:
        return format_html_join(SafeString("<br>"), "{}", ((_shown(row, depth - 1),) for row in value))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(line, depth),) for line in lines[:LONGEST]))
    more = len(lines) - LONGEST
    rest = format_html('<p class="cs-dim">and {} more</p>', more) if more > 0 else ""
    return format_html(
        '<div class="cs-scroll"><table class="cs-grid"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}</div>',
        head,
        body,
        rest,
    )


def _cells(line: Sequence[Any], depth: int) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((_shown(cell, depth - 1),) for cell in line))
