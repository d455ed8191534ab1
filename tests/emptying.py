"""A quicker end for tests that commit: only tables that hold something are emptied.

Django truncates every table and announces a migration, which makes content types, permissions and roles anew;
most of a short test's time went there.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

# What announcing a migration fills.
GIVEN = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
Rows = dict[str, list[tuple[Any, ...]]]

emptied_by_django: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown
_as_given: Rows = {}


def empty(case: TransactionTestCase) -> None:
    """Leave what Django would leave; Django itself does it the first time, and after a test that changed roles."""
    if not _as_given or _given() != _as_given:
        emptied_by_django(case)
        _as_given.update(_given())
        return
    # Foreign keys are deferred, so that any order will do.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _filled():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def _given() -> Rows:
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table in GIVEN:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY id")
            rows[table] = list(cursor.fetchall())
    return rows


def _filled() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    questions = [
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in names
        if name not in GIVEN
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions))
        return [name for (name,) in cursor.fetchall()]
