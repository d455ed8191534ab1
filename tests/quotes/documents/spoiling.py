"""The same text in every place of a document that takes text."""

import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from quotes.documents.contents import QuoteDocument


def spoiled(document: QuoteDocument, text: str) -> QuoteDocument:
    return _spoil(document, text)


def _spoil(part: Any, text: str) -> Any:
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{field.name: _spoil(getattr(part, field.name), text) for field in fields(part)})
    if isinstance(part, tuple):
        return tuple(_spoil(inner, text) for inner in part)
    return text if isinstance(part, str) and not isinstance(part, Enum) else part


def flattened(text: str) -> str:
    """Without white space, which a line break or a column puts anywhere."""
    return re.sub(r"\s+", "", text)
