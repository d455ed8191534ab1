"""OAuth 2.0 client credentials: certificates, the token endpoint, and the bearer tokens it gave out.

Why an assertion is refused stands in the login audit trail; the caller learns the OAuth code only. Tokens are
kept as hashes.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from netsuite.simulator import assertions
from netsuite.simulator.assertions import Assertion
from netsuite.simulator.clock import SimulatedClock, iso
from netsuite.simulator.exchange import Answer, Exchange, Refusal, json_answer
from netsuite.simulator.login_book import LoginBook, LoginFailure
from netsuite.simulator.options import Options
from netsuite.simulator.storage import Database, Row, Store

PATH = "/services/rest/auth/oauth2/v1/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPES = ("restlets", "rest_webservices", "suite_analytics")
LONGEST_ASSERTION = 3600
CLOCK_TOLERANCE_SECONDS = 300
_FORM = "application/x-www-form-urlencoded"


class GrantRefused(Exception):
    """`error` is OAuth's code for the caller; `audit` and `detail` are for the login audit trail."""

    def __init__(self, error: str, audit: str, detail: str, *, user: str | None = None) -> None:
        super().__init__(detail)
        self.error = error
        self.audit = audit
        self.detail = detail
        self.user = user


class TokenEndpoint:
    def __init__(self, store: Store, clock: SimulatedClock, book: LoginBook, options: Options) -> None:
        self._store = store
        self._clock = clock
        self._book = book
        self._options = options

    def install_certificate(self) -> None:
        """The one of the command line, when there is one."""
        if self._options.public_key is not None:
            self.register({"public_key": self._options.public_key.read_text(encoding="ascii")})

    def register(self, given: Mapping[str, Any]) -> None:
        """Make a certificate known, or change it. Raises BadKey."""
        number = str(given.get("id", self._options.certificate_id))
        changes = {name: given[name] for name in ("client_id", "public_key", "revoked") if name in given}
        if "public_key" in changes:
            assertions.public_key(str(changes["public_key"]))
        with self._store.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO certificates (id, client_id, public_key, user) VALUES (?, ?, '', ?)",
                (number, self._options.client_id, self._book.user),
            )
            for name, value in changes.items():
                db.execute(f"UPDATE certificates SET {name} = ? WHERE id = ?", (value, number))

    def check(self, exchange: Exchange) -> None:
        """Everything about the request for a token; what is left is to give one out."""
        if exchange.method != "POST":
            raise Refusal(405, "invalid_request", "The token endpoint takes POST.")
        if exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _FORM:
            raise Refusal(415, "invalid_request", "Send the form as application/x-www-form-urlencoded.")
        try:
            certificate, assertion = self._granted(exchange)
        except GrantRefused as refused:
            self._book.refuse(refused.audit, refused.detail, exchange, user=refused.user)
            status = 401 if refused.error == "invalid_client" else 400
            raise Refusal(status, refused.error, "The request for a token was refused.") from refused
        exchange.user, exchange.certificate = certificate["user"], certificate["id"]
        exchange.scopes = tuple(_scopes(assertion.claims.get("scope")))

    def issue(self, exchange: Exchange, db: Database) -> Answer:
        text = secrets.token_urlsafe(96)
        lifetime = self._options.token_lifetime
        db.execute(
            "INSERT INTO bearer_tokens (digest, certificate, user, scopes, expires) VALUES (?, ?, ?, ?, ?)",
            (
                _digest(text),
                exchange.certificate,
                exchange.user,
                json.dumps(exchange.scopes),
                self._clock.timestamp() + lifetime,
            ),
        )
        document = {"access_token": text, "expires_in": lifetime, "token_type": "bearer"}
        return json_answer(document, outcome="token issued")

    def holder(self, text: str, scope: str) -> Row:
        """Who a bearer token belongs to. Raises LoginFailure."""
        row = self._store.row("SELECT * FROM bearer_tokens WHERE digest = ?", _digest(text))
        if row is None:
            raise LoginFailure("token_rejected", "unknown bearer token")
        if row["revoked"]:
            raise LoginFailure("token_rejected", "the bearer token is revoked", user=row["user"])
        if row["expires"] <= self._clock.timestamp():
            raise LoginFailure("token_rejected", "the bearer token has expired", user=row["user"])
        if scope and scope not in json.loads(row["scopes"]):
            raise LoginFailure("permission_denied", f"the token is not for {scope}", user=row["user"])
        return row

    def end(self, action: str, text: str | None = None) -> int:
        """`revoke` or `expire` one token, or all; returns how many."""
        change = "revoked = 1" if action == "revoke" else "expires = 0"
        with self._store.transaction() as db:
            if text is None:
                return db.execute(f"UPDATE bearer_tokens SET {change}").rowcount
            return db.execute(f"UPDATE bearer_tokens SET {change} WHERE digest = ?", (_digest(text),)).rowcount

    def user_of(self, text: str) -> str | None:
        row = self._store.row("SELECT user FROM bearer_tokens WHERE digest = ?", _digest(text))
        return None if row is None else str(row["user"])

    def certificates(self) -> list[Row]:
        return self._store.rows("SELECT * FROM certificates ORDER BY id")

    def tokens(self) -> list[Row]:
        rows = self._store.rows("SELECT * FROM bearer_tokens ORDER BY rowid")
        return [row | {"digest": row["digest"][:12], "expires": iso(row["expires"])} for row in rows]

    def _granted(self, exchange: Exchange) -> tuple[Row, Assertion]:
        assertion = self._read(exchange)
        certificate = self._certificate(assertion)
        user = str(certificate["user"])
        if self._book.is_locked(user):
            raise GrantRefused("invalid_grant", "temporary_locked", "the user is locked after five failed logins")
        if not assertions.is_signed_by(assertion, assertions.public_key(certificate["public_key"])):
            raise GrantRefused("invalid_grant", "InvalidSignature", "not signed by this certificate's key", user=user)
        self._check_claims(assertion.claims, f"{exchange.base_url}{PATH}", user)
        self._use_up(assertion.claims.get("jti"), certificate["id"], user)
        return certificate, assertion

    def _read(self, exchange: Exchange) -> Assertion:
        pairs = parse_qsl(exchange.body.decode("ascii", errors="replace"), keep_blank_values=True)
        form = dict(pairs)
        if len(form) != len(pairs):
            raise GrantRefused("invalid_request", "parameter_rejected", "a parameter was sent twice")
        if form.get("grant_type") != "client_credentials":
            raise GrantRefused("unsupported_grant_type", "parameter_rejected", "grant_type is not client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise GrantRefused("invalid_request", "parameter_rejected", "client_assertion_type is not jwt-bearer")
        try:
            return assertions.read(form.get("client_assertion", ""))
        except assertions.Unreadable as error:
            raise GrantRefused("invalid_request", "parameter_rejected", str(error)) from error

    def _certificate(self, assertion: Assertion) -> Row:
        if assertion.algorithm not in assertions.ALGORITHMS:
            raise GrantRefused("invalid_client", "UnknownAlgorithm", f"{assertion.algorithm} is not accepted")
        row = self._store.row("SELECT * FROM certificates WHERE id = ?", assertion.key_id)
        if row is None or not row["public_key"]:
            raise GrantRefused("invalid_client", "consumer_key_unknown", "no certificate has this id")
        if row["revoked"]:
            raise GrantRefused("invalid_client", "consumer_key_refused", "the certificate is revoked", user=row["user"])
        if assertion.claims.get("iss") != row["client_id"]:
            text = "the certificate belongs to another integration"
            raise GrantRefused("invalid_client", "consumer_key_unknown", text, user=row["user"])
        return row

    def _check_claims(self, claims: Mapping[str, Any], own_url: str, user: str) -> None:
        def refuse(detail: str, *, audit: str = "parameter_rejected", error: str = "invalid_grant") -> GrantRefused:
            return GrantRefused(error, audit, detail, user=user)

        if claims.get("aud") not in (own_url, [own_url]):
            raise refuse("aud is not this token endpoint")
        issued, ends = claims.get("iat"), claims.get("exp")
        if type(issued) is not int or type(ends) is not int:
            raise refuse("iat and exp are whole seconds", audit="InvalidTimestamp")
        now = self._clock.timestamp()
        if ends <= now or issued > now + CLOCK_TOLERANCE_SECONDS:
            raise refuse(f"valid from {issued - now:+.0f} s to {ends - now:+.0f} s", audit="InvalidTimestamp")
        if not 0 < ends - issued <= LONGEST_ASSERTION:
            raise refuse("an assertion is valid for an hour at most", audit="InvalidTimestamp")
        asked = _scopes(claims.get("scope"))
        if not asked or set(asked) - set(SCOPES):
            raise refuse(f"scope {asked}", error="invalid_scope")

    def _use_up(self, mark: object, certificate: str, user: str) -> None:
        """An assertion with a `jti` is good for one token."""
        if mark is None:
            return
        try:
            with self._store.transaction() as db:
                db.execute("INSERT INTO assertions VALUES (?, ?)", (certificate, str(mark)))
        except sqlite3.IntegrityError as error:
            raise GrantRefused("invalid_grant", "nonce_used", "the assertion was used before", user=user) from error


def _scopes(given: object) -> list[str]:
    """A list, as in Oracle's sample, or text with commas, as in Oracle's text."""
    if isinstance(given, list):
        return [str(scope) for scope in given]
    return [scope.strip() for scope in given.split(",") if scope.strip()] if isinstance(given, str) else []


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
