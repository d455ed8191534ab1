"""A quicker end for tests that commit: only tables that hold something are emptied.

Django truncates every table and announces a migration, which makes content types, permissions and roles anew, under
other numbers; most of a short test's time went there, and other processes may remember the old numbers.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

# What the migrations' end fills.
TABLES = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Given:
    """Content types, permissions and roles of an installation, row by row."""

    rows: dict[str, list[Row]]

    @classmethod
    def now(cls) -> "Given":
        with connection.cursor() as cursor:
            return cls({table: _rows(cursor, table) for table in TABLES})

    def restore(self, cursor: Any) -> None:
        for table, rows in self.rows.items():
            if _rows(cursor, table) != rows:
                cursor.execute(f"DELETE FROM {table}")
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)


def empty(given: Given) -> None:
    # Foreign keys are deferred, so that any order will do.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _filled(cursor):
            cursor.execute(f"DELETE FROM {table}")
        given.restore(cursor)


def _rows(cursor: Any, table: str) -> list[Row]:
    cursor.execute(f"SELECT * FROM {table} ORDER BY id")
    return list(cursor.fetchall())


def _filled(cursor: Any) -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    others = [name for name in names if name not in TABLES]
    cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in others))
    return [name for (name,) in cursor.fetchall()]
