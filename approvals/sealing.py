"""Secrets that must be read again, encrypted at rest by a key made of SECRET_KEY: a copy of the database is no key.

SECRET_KEY_FALLBACKS still open what was sealed before SECRET_KEY was changed.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """Sealed under a SECRET_KEY that this installation no longer knows."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise Unreadable("SECRET_KEY was changed since this was sealed.") from problem


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(str(one))) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"countersign.sealing:" + secret.encode()).digest())
