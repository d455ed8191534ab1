"""What is asked of NetSuite's tables, and the ways asking can fail. No HTTP here."""

from dataclasses import dataclass

from netsuite.outcomes import CallFailure

Row = dict[str, str]


class QueryFailed(Exception):
    """NetSuite could not be read; the message is a sentence. `outcome` is its last answer, if there was one."""

    def __init__(self, sentence: str, outcome: CallFailure | None = None) -> None:
        super().__init__(sentence)
        self.outcome = outcome


class ResultShifted(QueryFailed):
    """Rows came or went between two pages, so the pages together are no picture of one moment."""


@dataclass(frozen=True)
class Paging:
    page: int = 1_000
    most_rows: int = 100_000


@dataclass(frozen=True)
class Query:
    """`keys` are (column, its name in a row): unique together, and the order of the result."""

    what: str
    select: str
    source: str
    keys: tuple[tuple[str, str], ...]
    where: str = ""

    def statement(self, after: Row | None) -> tuple[str, list[str]]:
        """The text and its parameters; with `after`, only the rows behind that one."""
        conditions = [self.where] if self.where else []
        parameters: list[str] = []
        if after is not None:
            behind, parameters = self._behind(after)
            conditions.append(behind)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        order = ", ".join(column for column, _ in self.keys)
        return f"SELECT {self.select} FROM {self.source}{where} ORDER BY {order}", parameters

    def key(self, row: Row) -> tuple[str, ...]:
        return tuple(row.get(name, "") for _, name in self.keys)

    def _behind(self, row: Row) -> tuple[str, list[str]]:
        """(a > ?) OR (a = ? AND b > ?) ..."""
        alternatives, parameters = [], []
        for position, (column, name) in enumerate(self.keys):
            same = self.keys[:position]
            alternatives.append(" AND ".join([*(f"{earlier} = ?" for earlier, _ in same), f"{column} > ?"]))
            parameters += [*(row[earlier] for _, earlier in same), row[name]]
        return "(" + " OR ".join(f"({each})" for each in alternatives) + ")", parameters
