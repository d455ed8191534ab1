"""OAuth 2.0 client credentials: a token for an assertion signed with our certificate's key.

NetSuite help: section_162755359851 (token endpoint), section_162790605110 (assertion). The token lives 3600
seconds and has no refresh token. It is kept in this process's memory only, until shortly before its end.
"""

import json
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import jwt
from django.db import transaction

from netsuite import private_keys, retry, wire
from netsuite.answers import with_clocks
from netsuite.error_classes import Channel, ErrorClass
from netsuite.outcomes import AuthStop, CallFailure, ConfigStop, Exchange, Refused, Throttled
from netsuite.retry import Signal
from netsuite.signing import LoginFailed, Signature, fingerprint_of

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
TOKEN_SECONDS = 3600
LONGEST_WAIT = 60.0
BLOT = "[secret]"

_CHECK = {
    "INVALID_CLIENT": (
        "the client id or the certificate is not known; check NETSUITE_CLIENT_ID and NETSUITE_CERTIFICATE_ID, and that "
        "the certificate is mapped to a role, not revoked and not expired"
    ),
    "INVALID_GRANT": (
        "the signed assertion was not accepted; check that NETSUITE_PRIVATE_KEY belongs to NETSUITE_CERTIFICATE_ID, "
        "that NETSUITE_REST_BASE_URL is this account's own address, and this machine's clock"
    ),
    "UNAUTHORIZED_CLIENT": "the integration record does not allow client credentials; tick that box on it",
    "INVALID_SCOPE": "the integration record does not allow every scope in NETSUITE_SCOPES",
    "INVALID_REQUEST": "the token request was not understood; check NETSUITE_SCOPES and NETSUITE_SCOPE_AS_TEXT",
    "UNSUPPORTED_GRANT_TYPE": "client credentials are switched off; switch on the feature OAuth 2.0",
}


class InsideTransaction(RuntimeError):
    """A token was about to be fetched while a database transaction is open."""


@dataclass(frozen=True)
class Token:
    """A bearer token; `usable_until` is monotonic time."""

    text: str = field(repr=False)
    usable_until: float


_tokens: dict[str, Token] = {}
_fetching = threading.Lock()


@dataclass(frozen=True)
class M2mSigner:
    """Signs nothing per request: it presents the current token, and fetches one when there is none."""

    account: str
    client_id: str
    certificate_id: str
    token_url: str
    algorithm: str
    scopes: tuple[str, ...]
    patience: wire.Patience
    scope_as_text: bool = False
    private_key: str = field(default="", repr=False)

    name = "OAuth 2.0 client credentials (certificate)"
    what_to_check = (
        "Check the certificate's mapping (Setup > Integration > OAuth 2.0 Client Credentials), the integration record "
        "and the role in NetSuite, and this machine's clock; then press Try now."
    )

    def sign(self, *, method: str, url: str) -> Signature:
        """The current token. Raises LoginFailed when NetSuite gives none, InsideTransaction when asked in one."""
        with _fetching:
            held = _tokens.get(self.fingerprint())
            fresh = held is None or time.monotonic() >= held.usable_until
            token = self._fetch() if held is None or fresh else held
            _tokens[self.fingerprint()] = token
        return Signature(authorization=f"Bearer {token.text}", secret=token.text, fresh=fresh)

    def may_try_again(self, refused: Signature) -> bool:
        """A kept token may have been revoked or have ended early; one made for this very call has not."""
        with _fetching:
            held = _tokens.get(self.fingerprint())
            if held is not None and held.text == refused.secret:
                del _tokens[self.fingerprint()]
        return not refused.fresh

    def fingerprint(self) -> str:
        claims = (self.account, self.client_id, self.certificate_id, self.token_url, self.algorithm, *self.scopes)
        return fingerprint_of(*claims, str(self.scope_as_text), self.private_key)

    def assertion(self) -> str:
        """The signed claims: who asks, for what, of whom, from when to when, once."""
        issued = int(time.time())
        claims = {
            "iss": self.client_id,
            "scope": ",".join(self.scopes) if self.scope_as_text else list(self.scopes),
            "aud": self.token_url,
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        key = private_keys.load(self.private_key)
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": self.certificate_id})

    def _fetch(self) -> Token:
        if transaction.get_connection().in_atomic_block:
            raise InsideTransaction("A token is fetched before a database transaction begins, never inside one.")
        assertion = self.assertion()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        message = wire.Message("POST", self.token_url, headers, urlencode(form).encode())
        patience = wire.Patience(self.patience.connect, min(self.patience.read, LONGEST_WAIT))
        asked = time.monotonic()
        reply = wire.exchange(message, patience, lambda text: text.replace(assertion, BLOT), keep=False)
        if isinstance(reply, wire.Silence):
            raise LoginFailed(_no_token(reply.exchange, "NO_TOKEN", reply.signal.message))
        return _token_of(reply, asked)


def forget_tokens() -> None:
    """Begin as a new process would."""
    with _fetching:
        _tokens.clear()


def _token_of(reply: wire.Reply, asked: float) -> Token:
    """Raises LoginFailed unless the answer holds a bearer token."""
    answer = _object(reply.body)
    text = answer.get("access_token")
    if reply.status != 200 or not isinstance(text, str) or not text:
        raise LoginFailed(_refusal(reply, answer))
    lifetime = _seconds(answer.get("expires_in"))
    # A push may run long, but the token is looked at when it arrives: a tenth of its life is margin enough.
    return Token(text, usable_until=asked + lifetime - max(30.0, lifetime / 10))


def _refusal(reply: wire.Reply, answer: dict[str, object]) -> CallFailure:
    """What a refused token means, by the same reviewed table; whatever happened, nothing of a push was sent."""
    # A success without a token stays out of what is kept: it may be a token in a shape we do not know.
    seen = reply.exchange if reply.status == 200 else replace(reply.exchange, raw=reply.body[: wire.KEPT_ANSWER])
    code = str(answer.get("error") or "").upper()
    rule = retry.find_rule(Signal(Channel.ANSWER, reply.status, code))
    if rule.error_class is ErrorClass.THROTTLE:
        message = "NetSuite's token endpoint is busy; nothing was sent."
        return Throttled(seen, code or f"HTTP_{reply.status}", message, retry_after=reply.retry_after)
    if rule.error_class is ErrorClass.STOP_CONFIG:
        message = f"NetSuite's token endpoint: {_why(reply, code)}."
        return ConfigStop(seen, code or f"HTTP_{reply.status}", message)
    if reply.status == 200 or reply.status >= 500:
        return _no_token(seen, "NO_TOKEN", f"NetSuite's token endpoint answered HTTP {reply.status} without a token.")
    return AuthStop(seen, code or f"HTTP_{reply.status}", with_clocks(f"No token: {_why(reply, code)}.", seen))


def _no_token(exchange: Exchange, code: str, message: str) -> Refused:
    return Refused(exchange, code, f"{message} No token could be fetched, so no push left here.", unreachable=True)


def _why(reply: wire.Reply, code: str) -> str:
    if code in _CHECK:
        return f"{_CHECK[code]} ({code.lower()})"
    if reply.status == 404:
        return "there is none at this address; check NETSUITE_REST_BASE_URL"
    return f"it answered HTTP {reply.status}" + (f" ({code.lower()})" if code else "")


def _object(body: str) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(given: object) -> float:
    """NetSuite sends a number and documents 3600; a text is read too."""
    try:
        return float(str(given))
    except ValueError:
        return float(TOKEN_SECONDS)
