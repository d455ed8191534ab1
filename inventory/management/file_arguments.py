"""What commands share: their arguments, who brings a file, and where it belongs."""

from argparse import ArgumentTypeError
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.timezone import is_naive, make_aware

from approvals.refusals import Refused
from inventory.models import Location

REFUSED = 2
"""The exit code of a refusal: every problem is listed, nothing was stored."""


def moment(text: str) -> datetime:
    """An ISO 8601 moment; without an offset it is a wall clock where the counts are made."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a date and time such as 2026-11-02T07:30.") from error
    return make_aware(value) if is_naive(value) else value


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a date such as 2026-11-02.") from error


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error


def find_user(name: str | None, *, permission: str, to: str) -> Any | None:
    """The active user of this name, who must have the permission `to` do it; None for no name."""
    if name is None:
        return None
    user = get_user_model()._default_manager.filter(username=name, is_active=True).first()
    if user is None:
        raise Refused(f"There is no active user “{name}”.")
    if not user.has_perm(permission):
        raise Refused(f"{name} may not {to}. Ask an administrator for the counter role.")
    return user


def find_location(code: str | None) -> Location:
    """The location of this code; the only one when none is said."""
    known = list(Location.objects.order_by("code"))
    if code is None and len(known) == 1:
        return known[0]
    found = next((each for each in known if each.code == code), None)
    if found:
        return found
    names = ", ".join(each.code for each in known) or "none yet"
    said = f"There is no location {code}." if code else "Say which location with --location CODE."
    raise Refused(f"{said} Locations: {names}.")
