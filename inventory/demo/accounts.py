"""The demo logins. They open a demo database only: `seed_demo` refuses a production database."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group


@dataclass(frozen=True)
class DemoAccount:
    """`roles` are names of groups; an administrator needs none."""

    username: str
    password: str
    roles: tuple[str, ...]
    first_name: str
    last_name: str
    is_superuser: bool = False


DEMO_ACCOUNTS = (
    DemoAccount("counter", "counter-demo", ("counter",), "Carla", "Ortiz"),
    DemoAccount("approver", "approver-demo", ("approver",), "Mike", "Adler"),
    DemoAccount("second", "second-demo", ("approver",), "Dana", "Whitfield"),
    DemoAccount("orders", "orders-demo", ("order desk",), "Nora", "Engel"),
    DemoAccount("quoter", "quoter-demo", ("quoter",), "Lena", "Brandt"),
    DemoAccount("auditor", "auditor-demo", ("auditor",), "Priya", "Raman"),
    DemoAccount("admin", "admin-demo", (), "Sam", "Keller", is_superuser=True),
)


def create_demo_accounts() -> dict[str, Any]:
    """Create the accounts that are missing; returns all of them by user name."""
    users = get_user_model()
    found: dict[str, Any] = {}
    for account in DEMO_ACCOUNTS:
        user = users.objects.filter(username=account.username).first()
        if user is None:
            user = users.objects.create_user(
                account.username,
                password=account.password,
                first_name=account.first_name,
                last_name=account.last_name,
                email=f"{account.username}@example.com",
                is_staff=True,
                is_superuser=account.is_superuser,
            )
        user.groups.add(*Group.objects.filter(name__in=account.roles))
        found[account.username] = user
    return found
