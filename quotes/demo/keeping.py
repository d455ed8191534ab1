"""How the demo stores its rows: many at once, with a history that begins when the demo's warehouse opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from simple_history.signals import pre_create_historical_record
from simple_history.utils import bulk_create_with_history

from approvals.clock import now


def keep(rows: list[Any], *, on: datetime) -> list[Any]:
    """The stored rows, all of one model; at least one."""
    made: list[Any] = bulk_create_with_history(
        rows, type(rows[0]), default_change_reason="Demo data", default_date=on, batch_size=500
    )
    return made


@contextmanager
def history_by_the_clock() -> Iterator[None]:
    """Rows saved inside the block enter their history at the moment of `approvals.clock`, not at today's."""
    pre_create_historical_record.connect(_date)
    try:
        yield
    finally:
        pre_create_historical_record.disconnect(_date)


def _date(sender: Any, history_instance: Any, **said: Any) -> None:
    history_instance.history_date = now()
