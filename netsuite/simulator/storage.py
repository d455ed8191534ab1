"""One SQLite database behind one lock; every commit is on disk before the caller goes on."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

Database = sqlite3.Connection
Row = dict[str, Any]


_FLAG = "INTEGER NOT NULL DEFAULT 0"
_ADDED_COLUMNS = {
    "items": {"unit": "TEXT NOT NULL DEFAULT 'Each'", "serial": _FLAG, "use_bins": _FLAG},
    "locations": {"use_bins": _FLAG},
    "transactions": {"push_key": "TEXT NOT NULL DEFAULT '' COLLATE NOCASE"},
    "assignments": {"status": "TEXT REFERENCES inventory_statuses (id)"},
    "late_writes": {"headers": "TEXT NOT NULL DEFAULT '{}'", "job": "INTEGER"},
}
"""What a state file of an earlier version may lack."""


class Store:
    """The state of one simulator. ``path=None`` keeps it in memory."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False, timeout=20
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._create()

    def _create(self) -> None:
        self._db.executescript(files(__package__).joinpath("schema.sql").read_text(encoding="utf-8"))
        for table, columns in _ADDED_COLUMNS.items():
            known = {column["name"] for column in self._db.execute(f"PRAGMA table_info({table})")}
            for name, definition in columns.items():
                if name not in known:
                    self._db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Everything inside is committed together, or not at all. Nests into the outer transaction."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Database]:
        with self._lock:
            yield self._db

    def rows(self, sql: str, *values: object) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def row(self, sql: str, *values: object) -> Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def define_function(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        with self._lock:
            self._db.create_function(name, arguments, function)

    def setting(self, name: str, default: Any) -> Any:
        found = self.row("SELECT value FROM settings WHERE name = ?", name)
        return default if found is None else json.loads(found["value"])

    def remember(self, name: str, value: object) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def empty(self) -> None:
        """Drop every table, with the append-only ones, and begin again."""
        with self._lock:
            self._db.execute("PRAGMA foreign_keys = OFF")
            with self.transaction() as db:
                names = db.execute(
                    "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
                ).fetchall()
                for kind, name in names:
                    db.execute(f'DROP {kind} "{name}"')
            self._db.execute("PRAGMA foreign_keys = ON")
            self._create()

    def close(self) -> None:
        with self._lock:
            self._db.close()


def next_number(db: Database, counter: str, *, start: int = 1) -> int:
    """The next value of a never repeating series."""
    found = db.execute(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (counter, start),
    ).fetchone()
    return int(found[0])
