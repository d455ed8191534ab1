"""Make the missing ones of EVENTS_SUBSCRIPTIONS, paused until somebody gives them an address."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from approvals.outbox.subscriptions import seed_subscription


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        for name, event_names in settings.EVENTS_SUBSCRIPTIONS.items():
            made = seed_subscription(name=name, event_names=event_names)
            self.stdout.write(f"{name}: {'made, paused' if made else 'there already'}.")
