"""Reading NetSuite by SuiteQL, page by page, and refusing what changed while it was read.

NetSuite's rules (help: section_157909186990, section_156414087576): `Prefer: transient`, at most 1,000 rows a
page, an offset divisible by the limit, at most 100,000 rows of one query. Longer tables go on behind the last
row's key. Nothing here writes, so a page that failed is asked for again.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from urllib.parse import urlencode

from netsuite import answers
from netsuite.configuration import Connection, Timing
from netsuite.outcomes import Page, PageOutcome, Refused, Throttled, Unknown
from netsuite.queries import Paging, Query, QueryFailed, ResultShifted, Row
from netsuite.retry import Backoff
from netsuite.signed_calls import Caller
from netsuite.wire import Reply

PATH = "/services/rest/query/v1/suiteql"
LARGEST_PAGE = 20_000_000
TRIES = 4
LONGEST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True)
class SuiteQlClient:
    caller: Caller
    paging: Paging = Paging()

    def read(self, query: Query) -> list[Row]:
        """Every row of the query. Raises QueryFailed or ResultShifted; never a part of the result."""
        deadline = time.monotonic() + self.caller.timing.query_seconds
        rows: list[Row] = []
        expected: int | None = None
        while True:
            part, total = self._part(query, rows[-1] if rows else None, deadline)
            if expected is not None and total != expected:
                raise _shifted(query, expected, total)
            rows += part
            if len(part) < self.paging.most_rows:
                break
            # A total that stops at the limit may be NetSuite's own ceiling, and then says nothing of the rest.
            expected = total - len(part) if total > len(part) else None
        if len({query.key(row) for row in rows}) != len(rows):
            raise ResultShifted(
                f"NetSuite sent the same {query.what} twice: the table changed while it was read, so nothing was taken."
            )
        return rows

    def _part(self, query: Query, after: Row | None, deadline: float) -> tuple[list[Row], int]:
        """The rows behind `after`, as many as one query may give, and how many there are in all."""
        rows: list[Row] = []
        total: int | None = None
        for page in self._pages(query, after, deadline):
            if total is not None and page.total != total:
                raise _shifted(query, total, page.total)
            total = page.total
            rows += page.rows
        whole = min(total or 0, self.paging.most_rows)
        if len(rows) != whole:
            raise _shifted(query, whole, len(rows))
        return rows, total or 0

    def _pages(self, query: Query, after: Row | None, deadline: float) -> Iterator[Page]:
        text, parameters = query.statement(after)
        content = json.dumps({"q": text, "params": parameters}).encode()
        for offset in range(0, self.paging.most_rows, self.paging.page):
            page = self._page(query, content, offset, deadline)
            yield page
            if not page.has_more:
                return

    def _page(self, query: Query, content: bytes, offset: int, deadline: float) -> Page:
        waiting = Backoff(first=self.caller.timing.query_wait, longest=LONGEST_WAIT)
        tries = count(1)
        while not isinstance(outcome := self._ask(content, offset), Page):
            attempt = next(tries)
            wait = waiting.delay(after=attempt)
            if isinstance(outcome, Throttled) and outcome.retry_after is not None:
                wait = min(outcome.retry_after, LONGEST_WAIT)
            passes = isinstance(outcome, Throttled | Unknown | Refused)
            if not passes or attempt == TRIES or time.monotonic() + wait.total_seconds() > deadline:
                raise QueryFailed(f"NetSuite could not be asked for {query.what}: {outcome.message}", outcome)
            time.sleep(wait.total_seconds())
        return outcome

    def _ask(self, content: bytes, offset: int) -> PageOutcome:
        base = self.caller.connection.rest_base_url
        url = f"{base}{PATH}?{urlencode({'limit': self.paging.page, 'offset': offset})}"
        answer = self.caller.call("POST", url, content, {"Prefer": "transient"})
        return answers.read_page(answer.exchange, answer.body) if isinstance(answer, Reply) else answer


def suiteql_client(connection: Connection, timing: Timing, paging: Paging | None = None) -> SuiteQlClient:
    caller = Caller(connection, connection.signer(timing), timing, LARGEST_PAGE)
    return SuiteQlClient(caller, paging or Paging())


def _shifted(query: Query, before: int, after: int) -> ResultShifted:
    return ResultShifted(
        f"The {query.what} in NetSuite changed while they were read ({before} rows, then {after}), "
        "so nothing was taken."
    )
