"""Who may come in: signed headers and bearer tokens, with the failures, the silence and the lock-out of NetSuite.

The caller learns nothing but "Invalid login attempt."; the cause goes to the login audit trail. Five failures
in a row lock the user for 30 minutes of the simulated clock. The order of the checks matters, because the
first one that fails is the one recorded.
"""

import re
import sqlite3
from collections.abc import Mapping

from netsuite.simulator import oauth1
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Dialect, Exchange, Refusal
from netsuite.simulator.login_book import LoginBook, LoginFailure
from netsuite.simulator.options import Options
from netsuite.simulator.storage import Row, Store
from netsuite.simulator.token_endpoint import TokenEndpoint

CLOCK_TOLERANCE_SECONDS = 300
NONCE_MEMORY_SECONDS = 15 * 60
SHORTEST_NONCE = 6
_BEARER = re.compile(r"[A-Za-z0-9._~+/=-]+")
_REQUIRED = (
    "oauth_consumer_key",
    "oauth_token",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_signature_method",
    "oauth_signature",
)


class Doorkeeper:
    """Checks every request; owns signed tokens and nonces."""

    def __init__(
        self, store: Store, clock: SimulatedClock, book: LoginBook, bearers: TokenEndpoint, options: Options
    ) -> None:
        self._store = store
        self._clock = clock
        self._book = book
        self._bearers = bearers
        self._options = options

    def install_credentials(self) -> None:
        """Make the configured credentials known; a token revoked earlier stays revoked."""
        o = self._options
        self._book.install_user()
        self._bearers.install_certificate()
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO integrations (consumer_key, secret) VALUES (?, ?)"
                " ON CONFLICT (consumer_key) DO UPDATE SET secret = excluded.secret",
                (o.consumer_key, o.consumer_secret),
            )
            db.execute(
                "INSERT INTO tokens (token, secret, consumer_key, user) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (token) DO UPDATE SET secret = excluded.secret, consumer_key ="
                " excluded.consumer_key",
                (o.token, o.token_secret, o.consumer_key, self._book.user),
            )

    def admit(self, exchange: Exchange, dialect: Dialect, scope: str) -> None:
        """Return quietly and name the user on the exchange, or raise the opaque refusal."""
        if bearer_in(exchange) is not None:
            self._admit_bearer(exchange, dialect, scope)
            return
        given: dict[str, str] = {}
        try:
            row = self._verify(exchange, given)
        except LoginFailure as failure:
            exchange.token, exchange.nonce = given.get("oauth_token"), given.get("oauth_nonce")
            user, key = self._user_of(given.get("oauth_token")), given.get("oauth_consumer_key")
            self._book.refuse(failure.code, failure.detail, exchange, user=user, consumer_key=key)
            raise self.refusal(dialect, malformed=failure.malformed) from failure
        exchange.token, exchange.nonce = given.get("oauth_token"), given.get("oauth_nonce")
        exchange.user, exchange.role = row["user"], row["role"]
        self._book.succeeded(row["user"])

    def _admit_bearer(self, exchange: Exchange, dialect: Dialect, scope: str) -> None:
        text = bearer_in(exchange) or ""
        try:
            if not _BEARER.fullmatch(text):
                raise LoginFailure("parameter_rejected", "not a bearer token", malformed=True)
            row = self._bearers.holder(text, scope)
            if self._book.is_locked(row["user"]):
                raise LoginFailure("temporary_locked", "the user is locked after five failed logins")
        except LoginFailure as failure:
            self._book.refuse(failure.code, failure.detail, exchange, user=failure.user)
            raise self.refusal(dialect, malformed=failure.malformed, bearer=True) from failure
        found = self._store.row("SELECT name, role FROM users WHERE name = ?", row["user"]) or {}
        exchange.user, exchange.role = row["user"], str(found.get("role", ""))
        self._book.succeeded(row["user"])

    def refusal(self, dialect: Dialect, *, malformed: bool = False, bearer: bool = False) -> Refusal:
        if bearer:
            return self._bearer_refusal(dialect, malformed=malformed)
        if dialect is Dialect.OAUTH:
            return Refusal(400, "invalid_grant", "Invalid login attempt.")
        if dialect is Dialect.REST:
            return Refusal(401, "INVALID_LOGIN", "Invalid login attempt. For more details, see the Login Audit Trail.")
        if malformed:
            text = "The request could not be understood by the server due to malformed syntax."
            return Refusal(400, "INVALID_REQUEST", text)
        return Refusal(self._options.restlet_auth_status, "INVALID_LOGIN_ATTEMPT", "Invalid login attempt.")

    def _bearer_refusal(self, dialect: Dialect, *, malformed: bool) -> Refusal:
        """The challenge of help:subsect_158521885412."""
        error = "invalid_request" if malformed else "invalid_token"
        code = "INVALID_LOGIN" if dialect is Dialect.REST else "INVALID_LOGIN_ATTEMPT"
        challenge = (
            f'Bearer realm="{self._options.account}", error="{error}", error_description="Invalid login attempt."'
        )
        headers = (("WWW-Authenticate", challenge),)
        status, code = (400, "INVALID_REQUEST") if malformed else (401, code)
        return Refusal(status, code, "Invalid login attempt.", headers=headers)

    def revoke(self, token: str, *, revoked: bool = True) -> bool:
        """False when no such token exists."""
        with self._store.transaction() as db:
            done = db.execute("UPDATE tokens SET revoked = ? WHERE token = ?", (int(revoked), token))
            return done.rowcount == 1

    def unlock(self, token: str) -> None:
        self._book.unlock(self._user_of(token))

    def spoil(self, effect: str, exchange: Exchange) -> None:
        """An injected fault against whatever credential the request names, unchecked."""
        bearer, token = bearer_in(exchange), self._token_named_by(exchange)
        if effect == "auth_lock":
            self._book.lock(self._bearers.user_of(bearer) if bearer else self._user_of(token) or self._book.user)
        elif bearer is not None:
            self._bearers.end("revoke" if effect == "auth_revoke" else "expire", bearer)
        elif effect == "auth_revoke":
            self.revoke(token)

    def note(self, code: str, detail: str, exchange: Exchange) -> None:
        """A row in the login audit trail that counts against nobody (an injected fault)."""
        self._book.write(code, detail, exchange, user=self._user_of(self._token_named_by(exchange)))

    def _token_named_by(self, exchange: Exchange) -> str:
        """Empty when it names none."""
        try:
            return dict(oauth1.parse_authorization(exchange.headers.get("Authorization", ""))).get("oauth_token", "")
        except oauth1.MalformedHeader:
            return ""

    def _user_of(self, token: str | None) -> str | None:
        row = self._store.row("SELECT user FROM tokens WHERE token = ?", token)
        return None if row is None else str(row["user"])

    def _verify(self, exchange: Exchange, given: dict[str, str]) -> Row:
        pairs = self._readable(exchange, given)
        self._check_form(given)
        row = self._known(given)
        if self._book.is_locked(row["user"]):
            raise LoginFailure("temporary_locked", "the user is locked after five failed logins")
        self._check_freshness(given)
        if given.get("realm") != self._options.account:
            raise LoginFailure("parameter_rejected", "realm is not this account (exact, upper case)")
        uri = oauth1.base_string_uri(exchange.scheme, exchange.headers.get("Host", ""), exchange.path)
        text = oauth1.base_string(exchange.method, uri, exchange.query_string, pairs)
        if not oauth1.signature_matches(given["oauth_signature"], text, row["consumer_secret"], row["token_secret"]):
            raise LoginFailure("InvalidSignature", "the signature does not match the request")
        if not row["permitted"]:
            raise LoginFailure("permission_denied", "the role may not log in with tokens")
        return row

    def _readable(self, exchange: Exchange, given: dict[str, str]) -> oauth1.Pairs:
        header = exchange.headers.get("Authorization")
        if not header:
            raise LoginFailure("MissingTokenPassportRequiredFields", "no Authorization header")
        try:
            pairs = oauth1.parse_authorization(header)
        except oauth1.MalformedHeader as error:
            raise LoginFailure("parameter_rejected", str(error), malformed=True) from error
        given.update(pairs)
        if len(given) != len(pairs):
            raise LoginFailure("parameter_rejected", "a parameter was sent twice", malformed=True)
        return pairs

    def _check_form(self, given: Mapping[str, str]) -> None:
        missing = [name for name in _REQUIRED if not given.get(name)]
        if missing:
            raise LoginFailure("parameter_rejected", f"missing or empty: {', '.join(missing)}", malformed=True)
        if given["oauth_signature_method"] != "HMAC-SHA256":
            raise LoginFailure("UnknownAlgorithm", "only HMAC-SHA256 is accepted", malformed=True)
        if given.get("oauth_version", "1.0") != "1.0":
            raise LoginFailure("VersionRejected", "oauth_version is not 1.0", malformed=True)
        stamp = given["oauth_timestamp"]
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
            raise LoginFailure("InvalidTimestamp", "the timestamp is not a whole number", malformed=True)

    def _known(self, given: Mapping[str, str]) -> Row:
        integration = self._store.row("SELECT * FROM integrations WHERE consumer_key = ?", given["oauth_consumer_key"])
        if integration is None:
            raise LoginFailure("consumer_key_unknown", "no integration has this consumer key")
        if integration["blocked"]:
            raise LoginFailure("consumer_key_refused", "the integration is blocked")
        row = self._store.row(
            "SELECT t.secret AS token_secret, t.consumer_key, t.revoked, u.name AS user, u.role,"
            " u.permitted"
            " FROM tokens t JOIN users u ON u.name = t.user WHERE t.token = ?",
            given["oauth_token"],
        )
        if row is None or row["consumer_key"] != given["oauth_consumer_key"]:
            raise LoginFailure("token_rejected", "unknown token, or a token of another integration")
        if row["revoked"]:
            raise LoginFailure("token_rejected", "the token is revoked")
        return row | {"consumer_secret": integration["secret"]}

    def _check_freshness(self, given: Mapping[str, str]) -> None:
        """Time window, then nonce. A nonce is used up here, whatever the later checks say."""
        now, stamp = self._clock.timestamp(), int(given["oauth_timestamp"])
        if abs(now - stamp) > CLOCK_TOLERANCE_SECONDS:
            raise LoginFailure("InvalidTimestamp", f"{stamp - now:+.0f} s from server time, 300 s allowed")
        nonce = given["oauth_nonce"]
        if len(nonce) < SHORTEST_NONCE:
            raise LoginFailure("nonce_rejected", "a nonce has at least 6 characters")
        try:
            with self._store.transaction() as db:
                db.execute("DELETE FROM nonces WHERE seen < ?", (now - NONCE_MEMORY_SECONDS,))
                db.execute("INSERT INTO nonces VALUES (?, ?, ?, ?)", (given["oauth_token"], nonce, stamp, now))
        except sqlite3.IntegrityError as error:
            raise LoginFailure("nonce_used", "nonce and timestamp were used before") from error


def bearer_in(exchange: Exchange) -> str | None:
    """The text of a bearer header; None when the header is another's."""
    scheme, _, text = exchange.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None
