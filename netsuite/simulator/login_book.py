"""Failed logins: the audit trail only an administrator sees, the count against a user, and the lock."""

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Exchange
from netsuite.simulator.storage import Store

FAILURES_BEFORE_LOCK = 5
LOCK_SECONDS = 30 * 60
USER = "countersign-integration@example.com"
ROLE = "Countersign Integration"
ADMINISTRATOR = "Administrator"


class LoginFailure(Exception):
    """``code`` is the login audit trail's; ``malformed`` requests get 400 from a RESTlet instead of 401."""

    def __init__(self, code: str, detail: str, *, malformed: bool = False, user: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.malformed = malformed
        self.user = user


class LoginBook:
    """One user, one role: the integration's own."""

    user = USER

    def __init__(self, store: Store, clock: SimulatedClock) -> None:
        self._store = store
        self._clock = clock

    def install_user(self) -> None:
        with self._store.transaction() as db:
            db.execute("INSERT OR IGNORE INTO users (name, role) VALUES (?, ?)", (USER, ROLE))

    def give_role(self, role: str) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE users SET role = ? WHERE name = ?", (role, USER))

    def refuse(
        self,
        code: str,
        detail: str,
        exchange: Exchange,
        *,
        user: str | None,
        consumer_key: str | None = None,
    ) -> None:
        """Write it down and count it; attempts while locked do not prolong the lock."""
        self.write(code, detail, exchange, user=user, consumer_key=consumer_key)
        if user is None or code == "temporary_locked":
            return
        with self._store.transaction() as db:
            counted = db.execute(
                "UPDATE users SET failures = failures + 1 WHERE name = ? RETURNING failures", (user,)
            ).fetchone()
            if counted is not None and counted["failures"] >= FAILURES_BEFORE_LOCK:
                until = self._clock.timestamp() + LOCK_SECONDS
                db.execute("UPDATE users SET failures = 0, locked_until = ? WHERE name = ?", (until, user))

    def write(
        self, code: str, detail: str, exchange: Exchange, *, user: str | None, consumer_key: str | None = None
    ) -> None:
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO audit_trail (at, code, detail, user, consumer_key, token, nonce, method, path)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._clock.iso(),
                    code,
                    detail,
                    user,
                    consumer_key,
                    exchange.token,
                    exchange.nonce,
                    exchange.method,
                    exchange.path,
                ),
            )

    def succeeded(self, user: str) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE users SET failures = 0 WHERE name = ? AND failures > 0", (user,))

    def is_locked(self, user: str) -> bool:
        """A lock that has run out is taken away."""
        row = self._store.row("SELECT locked_until FROM users WHERE name = ?", user)
        if row is None or row["locked_until"] is None:
            return False
        if self._clock.timestamp() < row["locked_until"]:
            return True
        self.unlock(user)
        return False

    def lock(self, user: str | None) -> None:
        with self._store.transaction() as db:
            until = self._clock.timestamp() + LOCK_SECONDS
            db.execute("UPDATE users SET locked_until = ? WHERE name = ?", (until, user))

    def unlock(self, user: str | None) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE users SET locked_until = NULL, failures = 0 WHERE name = ?", (user,))
