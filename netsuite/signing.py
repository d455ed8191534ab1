"""Proof of who we are, made anew for every single send.

NetSuite wants OAuth 1.0a with HMAC-SHA256 in the header, the account as realm (upper case, underscore), a
nonce used once and a timestamp within five minutes of its own clock (NetSuite help: section_1534941088,
subsect_156935170194).
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Protocol

from requests import PreparedRequest, Request
from requests_oauthlib import OAuth1

NONCE_BYTES = 15


@dataclass(frozen=True)
class Signature:
    """An Authorization header and the mark that makes it single-use."""

    authorization: str
    nonce: str


class Signer(Protocol):
    def sign(self, *, method: str, url: str) -> Signature:
        """A fresh signature; the JSON body is no part of it."""
        ...

    def fingerprint(self) -> str:
        """Changes when the credentials change; reveals nothing about them."""
        ...


@dataclass(frozen=True)
class TbaSigner:
    """Token-based authentication."""

    account: str
    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str

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

    def fingerprint(self) -> str:
        parts = (self.realm, self.consumer_key, self.consumer_secret, self.token, self.token_secret)
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]
