"""Several sides at once, each a thread with a connection of its own, released together."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection


def at_once(*sides: Callable[[], Any]) -> list[Any]:
    """What each side returned, or the exception it ended with."""
    barrier = Barrier(len(sides))
    ends: list[Any] = [None] * len(sides)

    def run(position: int, side: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=60)
            ends[position] = side()
        except Exception as problem:
            ends[position] = problem
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(sides)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()
    return ends
