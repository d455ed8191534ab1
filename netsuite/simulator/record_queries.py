"""The ``q`` of a collection: ``externalId IS "X" AND total GREATER 5`` over the fields a record shows."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from netsuite.simulator.exchange import Refusal

_CONDITION = re.compile(
    r"\s*(?P<field>[A-Za-z_]+)\s+(?P<operator>[A-Z_]+)\s*"
    r'(?P<value>"[^"]*"|\[[^\]]*\]|[-0-9.:/T]+|true|false)?\s*(?P<joined>AND\b|OR\b|$)'
)
_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "IS": lambda held, asked: held == asked,
    "IS_NOT": lambda held, asked: held != asked,
    "CONTAIN": lambda held, asked: asked in held,
    "START_WITH": lambda held, asked: held.startswith(asked),
    "END_WITH": lambda held, asked: held.endswith(asked),
    "ON": lambda held, asked: held == asked,
    "AFTER": lambda held, asked: held > asked,
    "BEFORE": lambda held, asked: held < asked,
}
_FIGURES: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "EQUAL": lambda held, asked: held == asked,
    "GREATER": lambda held, asked: held > asked,
    "LESS": lambda held, asked: held < asked,
}


def fits(query: str, document: Mapping[str, Any], known: set[str]) -> bool:
    """AND binds as tightly as OR, from the left. Raises Refusal for a query NetSuite would not understand."""
    place, verdict, joined = 0, True, "AND"
    while True:
        found = _CONDITION.match(query, place)
        if not found or found.end() == place:
            raise _misread(f"Invalid query: {query}")
        one = _one(found, document, known)
        verdict = (verdict and one) if joined == "AND" else (verdict or one)
        place, joined = found.end(), found["joined"]
        if not joined:
            return verdict


def _one(found: re.Match[str], document: Mapping[str, Any], known: set[str]) -> bool:
    name = next((name for name in known if name.lower() == found["field"].lower()), None)
    if name is None:
        raise _misread(f"Invalid field {found['field']}.")
    held = document.get(name)
    if isinstance(held, dict):
        held = held.get("id")
    operator, value = found["operator"], found["value"]
    if operator in ("EMPTY", "EMPTY_NOT"):
        return (held in (None, "")) is (operator == "EMPTY")
    if value is None:
        raise _misread(f"The operator {operator} needs a value.")
    if operator == "ANY_OF":
        return str(held) in [part.strip(' "') for part in value.strip("[]").split(",")]
    return _compared(operator, held, value.strip('"'))


def _compared(operator: str, held: Any, asked: str) -> bool:
    if operator in _TEXT:
        text = str(held).lower() if isinstance(held, bool) else str(held or "")
        return _TEXT[operator](text.casefold(), asked.casefold())
    if operator not in _FIGURES:
        raise _misread(f"Invalid operator {operator}.")
    try:
        return held is not None and _FIGURES[operator](Decimal(str(held)), Decimal(asked))
    except InvalidOperation:
        raise _misread(f"{asked} is not a number.") from None


def _misread(text: str) -> Refusal:
    return Refusal(400, "INVALID_PARAMETER", f"Invalid search query. {text}", parameter="q")
