"""The worker. It is only a wake-up call: what is due is a row in the database.

A wake-up that cannot be delivered is therefore logged and forgotten; the periodic tick finds
the same work a few seconds later. A request must never fail because the broker is away.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.result import AsyncResult
from kombu.exceptions import KombuError
from kombu.transport import TRANSPORT_ALIASES

from config import correlating  # noqa: F401  (tasks take over the id of what caused them)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = logging.getLogger(__name__)

BROKER_AWAY = (KombuError, OSError)


class WakeUpTask(DjangoTask):
    """A task whose lost message costs time, never work."""

    abstract = True

    def apply_async(self, *args: Any, **kwargs: Any) -> AsyncResult[Any] | None:  # type: ignore[override]
        """As Celery's, but None when the broker is away."""
        try:
            return super().apply_async(*args, **kwargs)
        except BROKER_AWAY as error:
            logger.warning("broker away: %s not sent, the next tick finds the work (%s)", self.name, error)
            return None


TRANSPORT_ALIASES |= {
    "filesystem": "config.folder_broker:Transport",
    "redis": "config.redis_broker:Transport",
    "rediss": "config.redis_broker:Transport",
}

app = Celery("countersign", task_cls=WakeUpTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(
    ["inventory.counting", "inventory.day_end", "inventory.excel", "inventory.mirror", "inventory.wms"]
)
