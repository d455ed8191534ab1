"""``POST /services/rest/query/v1/suiteql``: a small SuiteQL on SQLite views, with NetSuite's paging
and row shape."""

import re
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

from netsuite.simulator.exchange import Answer, Exchange, Refusal, json_answer
from netsuite.simulator.paging import asked_page, page_of
from netsuite.simulator.storage import Database, Store

PATH = "/services/rest/query/v1/suiteql"
TABLES = frozenset(
    {"transaction", "transactionline", "aggregateitemlocation", "item", "location", "accountingperiod"}
    | {"customer", "pricelevel", "inventorybalance", "inventorynumber", "inventoryassignment", "inventorystatus", "bin"}
)
_BEHIND_VIEWS = frozenset(
    {"transactions", "lines", "stock", "items", "locations", "periods", "posted", "estimates", "sales_lines"}
    | {"customers", "price_levels", "inventory_numbers", "assignments", "inventory_statuses", "bins"}
)

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|(?i:BUILTIN\.DF)\b|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|[A-Za-z_][A-Za-z0-9_$]*|.", re.DOTALL
)
_SPELLED = {"transaction": '"transaction"', "builtin.df": "display_value"}
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_FORMATS = (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"), ("HH24", "%H"), ("MI", "%M"), ("SS", "%S"))
_ALLOWED_ACTIONS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


def install(store: Store) -> None:
    """Create the views and the Oracle functions on the store's connection."""
    store.define_function("to_char", 2, _to_char)
    store.define_function("to_date", 2, _to_date)
    store.define_function("to_timestamp", 2, _to_date)
    store.define_function("display_value", 1, lambda value: value)
    store.define_function("nvl", 2, lambda value, other: other if value is None else value)
    with store.reading() as db:
        db.executescript(files(__package__).joinpath("views.sql").read_text(encoding="utf-8"))


def check_entry(exchange: Exchange) -> None:
    if exchange.method != "POST":
        raise Refusal(405, "INVALID_REQUEST", "SuiteQL queries are sent with POST.")
    if "transient" not in exchange.headers.get("Prefer", "").lower():
        raise Refusal(400, "INVALID_HEADER", "The required request header 'Prefer' is missing or is not 'transient'.")


def run(exchange: Exchange, db: Database) -> Answer:
    document = exchange.document
    if not isinstance(document, dict) or not isinstance(document.get("q"), str):
        raise Refusal(400, "INVALID_CONTENT", "The body must be an object with the query in 'q'.")
    limit, offset = asked_page(exchange)
    if exchange.missing_column and exchange.missing_column.lower() in document["q"].lower():
        raise _search_error(f"no such column: {exchange.missing_column}")
    names, rows = _select(db, document["q"], document.get("params", []))
    rows = _disturbed(rows, exchange)
    page = rows[offset : offset + limit]
    items = [{"links": [], **_printed(names, row)} for row in page]
    return json_answer(page_of(exchange, items, len(rows), limit, offset), outcome=f"suiteql:{len(items)} rows")


def _disturbed(rows: list[tuple[Any, ...]], exchange: Exchange) -> list[tuple[Any, ...]]:
    """What the faults ``permission_drop`` and ``snapshot_shift`` leave of a result."""
    rows = rows[: round(len(rows) * exchange.share_visible)]
    if exchange.shift == "vanish":
        return rows[1:]
    return rows[:1] + rows[:-1] if exchange.shift == "repeat" else rows


def _select(db: Database, query: str, parameters: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    if not isinstance(parameters, list):
        raise Refusal(400, "INVALID_CONTENT", "params must be a list.")
    db.set_authorizer(_authorize)
    try:
        cursor = db.execute(_translated(query), parameters)
        names = [column[0].lower() for column in cursor.description or ()]
        return names, [tuple(row) for row in cursor.fetchall()]
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _search_error(str(error)) from error
    finally:
        db.set_authorizer(None)


def _authorize(action: int, first: str | None, _second: str | None, _database: str | None, source: str | None) -> int:
    """Only reading, and only the views; their tables are named from inside a view, never by the query
    itself."""
    table = (first or "").lower()
    if action in _ALLOWED_ACTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_READ and (not table or table in TABLES or (source and table in _BEHIND_VIEWS)):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _translated(query: str) -> str:
    """The query for SQLite: ``transaction`` is a keyword there, and Oracle has no LIMIT.

    ``BUILTIN.DF`` gives what a person would see for an internal id; the one list field here, the stock unit, is
    kept as that text.
    """
    words: list[str] = []
    for token in _TOKEN.findall(query.strip().rstrip(";")):
        lowered = token.lower()
        if lowered in ("limit", "pragma", "attach"):
            raise _search_error(f'near "{token}"')
        words.append(_SPELLED.get(lowered, token))
    text = "".join(words)
    if text.partition(" ")[0].partition("\n")[0].lower() not in ("select", "with"):
        raise _search_error("only SELECT is supported")
    return text


def _search_error(reason: str) -> Refusal:
    if (found := re.search(r"no such table: (?:\w+\.)?(\S+)", reason)) or (
        found := re.search(r"access to (\w+?)\.\w+ is prohibited", reason)
    ):
        reason = f"Record '{found[1]}' was not found."
    elif found := re.search(r"no such column: (\S+)", reason):
        reason = f"Unknown identifier '{found[1]}'."
    text = f"Invalid search query. Detailed unprocessed description follows. Search error occurred: {reason}"
    return Refusal(400, "INVALID_PARAMETER", text)


def _printed(names: list[str], row: tuple[Any, ...]) -> dict[str, str]:
    """Lower-case keys, every value a string, nulls left out."""
    return {name: _text(value) for name, value in zip(names, row, strict=True) if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, float):
        value = round(value, 6) or 0.0
        plain = format(Decimal(repr(value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    text = str(value)
    return text[:10] if _MOMENT.fullmatch(text) else text


def _pattern(oracle: str) -> str:
    for theirs, ours in _FORMATS:
        oracle = oracle.replace(theirs, ours)
    return oracle


def _to_char(value: Any, oracle_format: str) -> str | None:
    """Moments only; another value is printed as it is."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return _moment(value).strftime(_pattern(oracle_format))
    return None if value is None else _text(value)


def _to_date(value: str | None, oracle_format: str) -> str | None:
    if value is None:
        return None
    return datetime.strptime(value, _pattern(oracle_format)).replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
