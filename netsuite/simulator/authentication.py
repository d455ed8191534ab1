"""Who may come in: token-based authentication with the failures, the silence and the lock-out of NetSuite.

The caller learns nothing but "Invalid login attempt."; the cause goes to the login audit trail. Five failures
in a row lock the user for 30 minutes of the simulated clock. The order of the checks matters, because the
first one that fails is the one recorded.
"""

import sqlite3
from collections.abc import Mapping

from netsuite.simulator import oauth1
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Dialect, Exchange, Refusal
from netsuite.simulator.options import Options
from netsuite.simulator.storage import Row, Store

FAILURES_BEFORE_LOCK = 5
LOCK_SECONDS = 30 * 60
CLOCK_TOLERANCE_SECONDS = 300
NONCE_MEMORY_SECONDS = 15 * 60
SHORTEST_NONCE = 6
USER = "countersign-integration@example.com"
ROLE = "Countersign Integration"

_REQUIRED = (
    "oauth_consumer_key",
    "oauth_token",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_signature_method",
    "oauth_signature",
)


class LoginFailure(Exception):
    """``code`` is the login audit trail's; ``malformed`` requests get 400 from a RESTlet instead of 401."""

    def __init__(self, code: str, detail: str, *, malformed: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.malformed = malformed


class Doorkeeper:
    """Checks every request; owns tokens, nonces, locks and the login audit trail."""

    def __init__(self, store: Store, clock: SimulatedClock, options: Options) -> None:
        self._store = store
        self._clock = clock
        self._options = options

    def install_credentials(self) -> None:
        """Make the configured credentials known; a token revoked earlier stays revoked."""
        o = self._options
        with self._store.transaction() as db:
            db.execute("INSERT OR IGNORE INTO users (name, role) VALUES (?, ?)", (USER, ROLE))
            db.execute(
                "INSERT INTO integrations (consumer_key, secret) VALUES (?, ?)"
                " ON CONFLICT (consumer_key) DO UPDATE SET secret = excluded.secret",
                (o.consumer_key, o.consumer_secret),
            )
            db.execute(
                "INSERT INTO tokens (token, secret, consumer_key, user) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (token) DO UPDATE SET secret = excluded.secret, consumer_key ="
                " excluded.consumer_key",
                (o.token, o.token_secret, o.consumer_key, USER),
            )

    def admit(self, exchange: Exchange, dialect: Dialect) -> None:
        """Return quietly and name the user on the exchange, or raise the opaque refusal."""
        given: dict[str, str] = {}
        try:
            row = self._verify(exchange, given)
        except LoginFailure as failure:
            self._record(failure, exchange, given)
            raise self.refusal(dialect, malformed=failure.malformed) from failure
        finally:
            exchange.token, exchange.nonce = given.get("oauth_token"), given.get("oauth_nonce")
        exchange.user, exchange.role = row["user"], row["role"]
        with self._store.transaction() as db:
            db.execute("UPDATE users SET failures = 0 WHERE name = ? AND failures > 0", (row["user"],))

    def refusal(self, dialect: Dialect, *, malformed: bool = False) -> Refusal:
        if dialect is Dialect.REST:
            return Refusal(401, "INVALID_LOGIN", "Invalid login attempt. For more details, see the Login Audit Trail.")
        if malformed:
            text = "The request could not be understood by the server due to malformed syntax."
            return Refusal(400, "INVALID_REQUEST", text)
        return Refusal(self._options.restlet_auth_status, "INVALID_LOGIN_ATTEMPT", "Invalid login attempt.")

    def revoke(self, token: str, *, revoked: bool = True) -> bool:
        """False when no such token exists."""
        with self._store.transaction() as db:
            done = db.execute("UPDATE tokens SET revoked = ? WHERE token = ?", (int(revoked), token))
            return done.rowcount == 1

    def lock(self, token: str) -> None:
        with self._store.transaction() as db:
            db.execute(
                "UPDATE users SET locked_until = ? WHERE name = (SELECT user FROM tokens WHERE token = ?)",
                (self._clock.timestamp() + LOCK_SECONDS, token),
            )

    def unlock(self, token: str) -> None:
        with self._store.transaction() as db:
            db.execute(
                "UPDATE users SET locked_until = NULL, failures = 0 WHERE name = (SELECT user FROM tokens"
                " WHERE token = ?)",
                (token,),
            )

    def token_named_by(self, exchange: Exchange) -> str:
        """The token a request claims, unchecked; empty when it names none."""
        try:
            return dict(oauth1.parse_authorization(exchange.headers.get("Authorization", ""))).get("oauth_token", "")
        except oauth1.MalformedHeader:
            return ""

    def note(self, code: str, detail: str, exchange: Exchange) -> None:
        """A row in the login audit trail that counts against nobody (an injected fault)."""
        self._write_audit(code, detail, exchange, {"oauth_token": self.token_named_by(exchange)})

    def _verify(self, exchange: Exchange, given: dict[str, str]) -> Row:
        pairs = self._readable(exchange, given)
        self._check_form(given)
        row = self._known(given)
        self._check_lock(row)
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
            " u.permitted, u.locked_until"
            " FROM tokens t JOIN users u ON u.name = t.user WHERE t.token = ?",
            given["oauth_token"],
        )
        if row is None or row["consumer_key"] != given["oauth_consumer_key"]:
            raise LoginFailure("token_rejected", "unknown token, or a token of another integration")
        if row["revoked"]:
            raise LoginFailure("token_rejected", "the token is revoked")
        return row | {"consumer_secret": integration["secret"]}

    def _check_lock(self, row: Row) -> None:
        if row["locked_until"] is None:
            return
        if self._clock.timestamp() < row["locked_until"]:
            raise LoginFailure("temporary_locked", "the user is locked after five failed logins")
        with self._store.transaction() as db:
            db.execute("UPDATE users SET locked_until = NULL, failures = 0 WHERE name = ?", (row["user"],))

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

    def _record(self, failure: LoginFailure, exchange: Exchange, given: Mapping[str, str]) -> None:
        """Audit row and failure counter; attempts while locked do not prolong the lock."""
        self._write_audit(failure.code, failure.detail, exchange, given)
        if failure.code == "temporary_locked":
            return
        with self._store.transaction() as db:
            counted = db.execute(
                "UPDATE users SET failures = failures + 1 WHERE name = (SELECT user FROM tokens WHERE"
                " token = ?)"
                " RETURNING name, failures",
                (given.get("oauth_token"),),
            ).fetchone()
            if counted is not None and counted["failures"] >= FAILURES_BEFORE_LOCK:
                until = self._clock.timestamp() + LOCK_SECONDS
                db.execute("UPDATE users SET failures = 0, locked_until = ? WHERE name = ?", (until, counted["name"]))

    def _write_audit(self, code: str, detail: str, exchange: Exchange, given: Mapping[str, str]) -> None:
        with self._store.transaction() as db:
            user = db.execute("SELECT user FROM tokens WHERE token = ?", (given.get("oauth_token"),)).fetchone()
            db.execute(
                "INSERT INTO audit_trail (at, code, detail, user, consumer_key, token, nonce, method, path)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._clock.iso(),
                    code,
                    detail,
                    user["user"] if user else None,
                    given.get("oauth_consumer_key"),
                    given.get("oauth_token"),
                    given.get("oauth_nonce"),
                    exchange.method,
                    exchange.path,
                ),
            )
