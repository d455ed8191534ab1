from typing import Any

from django.core.management.base import BaseCommand

from config.schedule import install_schedule


class Command(BaseCommand):
    help = "Write the beat table into django-celery-beat's rows; an operator's own switches stay."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in install_schedule():
            self.stdout.write(line)
