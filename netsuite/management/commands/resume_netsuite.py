"""Let pushing go on after a stop; the next drain probes NetSuite at once."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from netsuite.halts import resume_drain


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, help="user name of the operator")

    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model()
        try:
            resume_drain(by=users.objects.get_by_natural_key(options["by"]))
        except users.DoesNotExist as error:
            raise CommandError(f"There is no user named {options['by']}.") from error
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Pushing resumes with the next drain.")
