"""JSON Web Tokens as NetSuite's token endpoint takes them: six algorithms, verified from the bytes up.

RFC 7515 and 7518, on the bare primitives: PSS with a salt as long as the hash, and elliptic-curve signatures as
two integers side by side.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES = {"ES256": ("secp256r1", 32), "ES384": ("secp384r1", 48), "ES512": ("secp521r1", 66)}
ALGORITHMS = ("PS256", "PS384", "PS512", *_CURVES)
SMALLEST_RSA = 2048
_PART = re.compile(r"[A-Za-z0-9_-]+")


class Unreadable(Exception):
    """The text is not a JSON Web Token."""


class BadKey(Exception):
    """A PEM text that holds no key NetSuite would take."""


@dataclass(frozen=True)
class Assertion:
    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        return str(self.header.get("alg"))

    @property
    def key_id(self) -> str:
        return str(self.header.get("kid"))


def read(text: str) -> Assertion:
    parts = text.split(".")
    if len(parts) != 3:
        raise Unreadable("an assertion has three parts")
    header, claims = (_document(part) for part in parts[:2])
    return Assertion(header, claims, f"{parts[0]}.{parts[1]}".encode(), _decoded(parts[2]))


def public_key(pem: str) -> PublicKey:
    """From a public key or an X.509 certificate. Raises BadKey."""
    try:
        if "CERTIFICATE" in pem:
            key: object = load_pem_x509_certificate(pem.encode()).public_key()
        else:
            key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise BadKey("public_key is neither a PEM public key nor a PEM certificate") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in {name for name, _ in _CURVES.values()}:
        return key
    raise BadKey(f"NetSuite takes RSA keys of {SMALLEST_RSA} bits and more, and the curves P-256, P-384 and P-521")


def is_signed_by(assertion: Assertion, key: PublicKey) -> bool:
    """Whether the signature is this key's, by the algorithm the header names."""
    algorithm = assertion.algorithm
    if algorithm not in ALGORITHMS:
        return False
    digest = _HASHES[algorithm[2:]]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if not algorithm.startswith("PS"):
                return False
            salted = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
            key.verify(assertion.signature, assertion.signed, salted, digest)
            return True
        return _is_signed_on_curve(assertion, key, digest)
    except InvalidSignature:
        return False


def _is_signed_on_curve(assertion: Assertion, key: ec.EllipticCurvePublicKey, digest: hashes.HashAlgorithm) -> bool:
    curve, size = _CURVES.get(assertion.algorithm, ("", 0))
    if key.curve.name != curve or len(assertion.signature) != 2 * size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (assertion.signature[:size], assertion.signature[size:]))
    key.verify(encode_dss_signature(r, s), assertion.signed, ec.ECDSA(digest))
    return True


def _document(part: str) -> dict[str, Any]:
    try:
        document = json.loads(_decoded(part))
    except ValueError as error:
        raise Unreadable("a part is not JSON") from error
    if not isinstance(document, dict):
        raise Unreadable("a part is not a JSON object")
    return document


def _decoded(part: str) -> bytes:
    if not _PART.fullmatch(part):
        raise Unreadable("a part is not base64url without padding")
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise Unreadable("a part is not base64url") from error
