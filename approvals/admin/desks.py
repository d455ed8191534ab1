"""What waits for a person on the first page. Each app adds a desk of its own; the dashboard puts them together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Task:
    title: str
    detail: str
    url: str
    since: datetime
    risk: int = 0


@dataclass(frozen=True)
class Pile:
    """Tasks of one kind, the oldest first; `total` may be more than is shown."""

    title: str
    icon: str
    total: int
    tasks: list[Task] = field(default_factory=list)
    more_url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Desk:
    """`hint` says what will appear when nothing waits; `button` is a text and an address to begin something."""

    piles: list[Pile]
    hint: str
    button: tuple[str, str] | None = None


_desks: list[Callable[[Any], Desk | None]] = []


def add_desk(desk: Callable[[Any], Desk | None]) -> None:
    """`desk` gets the user; None when this user has no such work."""
    _desks.append(desk)


def desks_of(user: Any) -> list[Desk]:
    return [found for desk in _desks if (found := desk(user)) is not None]
