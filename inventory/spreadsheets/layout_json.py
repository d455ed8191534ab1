"""A layout on its way to the child process."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .columns import Field, Layout
from .quantities import QuantityWords


def layout_to_json(layout: Layout) -> dict[str, Any]:
    """Sets become sorted lists; everything else is plain already."""
    return {
        **asdict(layout),
        "lenient": sorted(layout.lenient),
        "fill_down": sorted(layout.fill_down),
        "words": [sorted(words) for words in layout.words],
    }


def layout_from_json(data: dict[str, Any]) -> Layout:
    fields = tuple(
        Field(**{**each, "headings": tuple(tuple(group) for group in each["headings"])}) for each in data["fields"]
    )
    return Layout(
        fields,
        data["anchor"],
        data["amount"],
        tuple(data["heading_needs"]),
        tuple(data["unique"]),
        frozenset(data["lenient"]),
        QuantityWords(*(frozenset(words) for words in data["words"])),
        frozenset(data["fill_down"]),
        data["dates_as_amount"],
    )
