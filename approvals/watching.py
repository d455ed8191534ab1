"""What the tick looks at besides work that is due: things that become wrong merely because time passes.

Each room registers its own watcher. One that fails is told of and does not keep the others waiting.
"""

import logging
from collections.abc import Callable

from approvals.alerts import raise_alert, resolve_alert
from approvals.models import Alert

log = logging.getLogger(__name__)
_WATCHERS: dict[str, Callable[[], None]] = {}


def register(name: str, watch: Callable[[], None]) -> None:
    """`watch` runs at every tick: quick, safe to repeat, with transactions of its own. The same name replaces it."""
    _WATCHERS[name] = watch


def watch_all() -> None:
    for name, watch in _WATCHERS.items():
        try:
            watch()
        except Exception as problem:
            log.exception("watcher %s failed", name)
            message = f"Watching over {name.replace('_', ' ')} failed: {type(problem).__name__}. See the worker's log."
            raise_alert(key=f"watcher-{name}", severity=Alert.Severity.CRITICAL, message=message)
        else:
            resolve_alert(key=f"watcher-{name}")
