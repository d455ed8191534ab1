"""Proof of who we are, made anew for every single send.

Token-based authentication wants OAuth 1.0a with HMAC-SHA256 in the header, the account as realm (upper case,
underscore), a nonce used once and a timestamp within five minutes of NetSuite's own clock (NetSuite help:
section_1534941088, subsect_156935170194). The other signer, OAuth 2.0, is in `netsuite.machine_login`.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Protocol

from requests import PreparedRequest, Request
from requests_oauthlib import OAuth1

from netsuite.outcomes import CallFailure

NONCE_BYTES = 15


@dataclass(frozen=True)
class Signature:
    """An Authorization header. `nonce` is the mark that makes it single-use, empty for a bearer token."""

    authorization: str = field(repr=False)
    nonce: str = ""
    secret: str = field(default="", repr=False)
    """What of the header opens something by itself, to be blotted out of answers."""
    fresh: bool = True
    """Made with a credential got for this very call, not with one kept from an earlier call."""


class LoginFailed(Exception):
    """No signature could be had, so nothing was sent; `outcome` says why."""

    def __init__(self, outcome: CallFailure) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


class Signer(Protocol):
    @property
    def name(self) -> str:
        """What an operator calls it."""
        ...

    @property
    def what_to_check(self) -> str:
        """The sentence for a person when NetSuite refuses the login."""
        ...

    def sign(self, *, method: str, url: str) -> Signature:
        """A fresh signature; the JSON body is no part of it. Raises LoginFailed."""
        ...

    def may_try_again(self, refused: Signature) -> bool:
        """NetSuite refused this signature: forget what made it; True when a new one has a chance."""
        ...

    def fingerprint(self) -> str:
        """Changes when the credentials change; reveals nothing about them."""
        ...


@dataclass(frozen=True, repr=False)
class TbaSigner:
    """Token-based authentication."""

    account: str
    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str

    name = "OAuth 1.0a (token-based authentication)"
    what_to_check = (
        "Check the token, the integration record and the role in NetSuite, and this machine's clock; "
        "then press Try now."
    )

    def __repr__(self) -> str:
        return f"TbaSigner(account={self.realm!r})"

    @property
    def realm(self) -> str:
        return self.account.upper().replace("-", "_")

    def sign(self, *, method: str, url: str) -> Signature:
        nonce = secrets.token_hex(NONCE_BYTES)
        return self.sign_at(method=method, url=url, nonce=nonce, timestamp=int(time.time()))

    def sign_at(self, *, method: str, url: str, nonce: str, timestamp: int) -> Signature:
        """The signature for a chosen nonce and moment."""
        # decoding=None keeps header values str; a content type other than form keeps the body out.
        oauth = OAuth1(
            self.consumer_key,
            client_secret=self.consumer_secret,
            resource_owner_key=self.token,
            resource_owner_secret=self.token_secret,
            signature_method="HMAC-SHA256",
            realm=self.realm,
            decoding=None,
            nonce=nonce,
            timestamp=str(timestamp),
        )
        request = Request(method, url, headers={"Content-Type": "application/json"}).prepare()
        signed: PreparedRequest = oauth(request)
        return Signature(authorization=str(signed.headers["Authorization"]), nonce=nonce)

    def may_try_again(self, refused: Signature) -> bool:
        """Every signature is new already; another would only bring the lock-out nearer."""
        return False

    def fingerprint(self) -> str:
        return fingerprint_of(self.realm, self.consumer_key, self.consumer_secret, self.token, self.token_secret)


def fingerprint_of(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]
