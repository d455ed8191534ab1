"""A coloured word that reads well on a list and on a row's own page, where a plain pair would be printed as a pair."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString


class Label(tuple[str, str]):
    """(kind, text), as lists take it; `colours` by kind, as their column has them."""

    colour: str

    def __new__(cls, kind: str, text: str, colours: Mapping[Any, str]) -> "Label":
        label = super().__new__(cls, (kind, text))
        label.colour = colours.get(kind, "")
        return label

    def __html__(self) -> SafeString:
        return format_html('<span class="cs-pill cs-{}">{}</span>', self.colour or "plain", self[1])
