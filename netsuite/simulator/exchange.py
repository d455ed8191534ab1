"""One request on the NetSuite port, the answer to it, and the two ways NetSuite writes an error."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

JSON = "application/json; charset=utf-8"
RECORD_PATH = re.compile(r"/services/rest/record/v1/(?P<type>[A-Za-z]+|metadata-catalog)(?:/(?P<key>[^/]+))?")


_RECORD_OPERATIONS = {"POST": "push", "PUT": "push", "PATCH": "push", "GET": "lookup", "DELETE": "delete"}


class Dialect(Enum):
    """How a surface words its errors: RESTlets, REST web services and the token endpoint differ."""

    RESTLET = "restlet"
    REST = "rest"
    OAUTH = "oauth"


@dataclass
class Exchange:
    """A request as it was received. The head alone, before the body is read, is an exchange without a body.

    ``horizon_lag`` and ``visible_after`` are seconds a read lag hides records for, in a look-up and from a
    write. ``share_visible`` and ``shift`` are what a query's result is cut down to and how it moves;
    ``missing_column`` is one this account does not have. ``denied``: the role may not write. ``dropped_field``
    gets lost before the record is saved.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    scheme: str = "http"
    body: bytes = b""
    oversized: bool = False
    token: str | None = None
    nonce: str | None = None
    user: str = ""
    role: str = ""
    certificate: str = ""
    scopes: tuple[str, ...] = ()
    horizon_lag: float = 0.0
    visible_after: float = 0.0
    share_visible: float = 1.0
    shift: str = ""
    missing_column: str = ""
    denied: bool = False
    dropped_field: str = ""

    @cached_property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def query_string(self) -> str:
        return urlsplit(self.target).query

    @cached_property
    def query(self) -> dict[str, str]:
        return {key: values[-1] for key, values in parse_qs(self.query_string, keep_blank_values=True).items()}

    @cached_property
    def document(self) -> Any:
        """The JSON body; ``None`` when there is none or it cannot be read."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.headers.get('Host', '')}"

    @property
    def body_hash(self) -> str | None:
        return hashlib.sha256(self.body).hexdigest() if self.body else None

    @cached_property
    def _record(self) -> re.Match[str] | None:
        return RECORD_PATH.fullmatch(self.path)

    @property
    def op(self) -> str | None:
        """The RESTlet's own word; on the record API the one that means the same."""
        if self._record:
            return _RECORD_OPERATIONS.get(self.method)
        found = self.document.get("op") if isinstance(self.document, dict) else None
        return found if isinstance(found, str) else self.query.get("op")

    @property
    def record_type(self) -> str | None:
        if self._record:
            return self._record["type"].lower()
        return self._named("recordType", "recordtype")

    @property
    def external_id(self) -> str | None:
        if self._record and self._record["key"]:
            return unquote(self._record["key"]).partition("eid:")[2] or None
        return self._named("externalId", "externalid")

    def _named(self, in_body: str, in_query: str) -> str | None:
        found = self.document.get(in_body) if isinstance(self.document, dict) else None
        return found if isinstance(found, str) else self.query.get(in_query)


@dataclass(frozen=True)
class Answer:
    """What goes back, with what the request log says about it."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    outcome: str = "answered"
    committed: str | None = None


class Refusal(Exception):
    """An error NetSuite answers by itself, before or instead of the script's own answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        outcome: str | None = None,
        path: str | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.path = path
        self.parameter = parameter
        self.outcome = outcome or f"refused:{code}"


def json_answer(document: object, *, outcome: str = "answered", committed: str | None = None) -> Answer:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(200, body, outcome=outcome, committed=committed)


_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
}


def error_answer(refusal: Refusal, dialect: Dialect) -> Answer:
    if dialect is Dialect.RESTLET:
        code, message = json.dumps(refusal.code), json.dumps(refusal.message, ensure_ascii=False)
        body = f'{{"error" : {{"code" : {code}, "message" : {message}}}}}'
    elif dialect is Dialect.OAUTH:
        body = json.dumps({"error": refusal.code.lower(), "error_description": refusal.message})
    else:
        place = {"o:errorPath": refusal.path} if refusal.path else {}
        if refusal.parameter:
            place["o:errorQueryParam"] = refusal.parameter
        body = json.dumps(
            {
                "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15",
                "title": _TITLES.get(refusal.status, "Error"),
                "status": refusal.status,
                "o:errorDetails": [{"detail": refusal.message, **place, "o:errorCode": refusal.code}],
            },
            ensure_ascii=False,
        )
    return Answer(refusal.status, body.encode(), headers=refusal.headers, outcome=refusal.outcome)
