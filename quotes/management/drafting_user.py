"""Who a command acts for."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def drafting_user(name: str) -> Any:
    """The user of that name. Exit 2 when there is none, or none was named."""
    users = get_user_model()
    if not name:
        raise CommandError("Say for whom: --by USER, somebody who may draft quotes.", returncode=2)
    try:
        return users.objects.get_by_natural_key(name)
    except users.DoesNotExist as error:
        raise CommandError(f"There is no user named {name}.", returncode=2) from error
