"""The private key of the certificate NetSuite knows us by: read, and judged before it is used."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

# NetSuite refuses RSA PKCS#1 v1.5 (RS256 and its kin) since March 2025.
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
RSA_ALGORITHMS = ("PS256", "PS384", "PS512")
ALGORITHMS = (*RSA_ALGORITHMS, *CURVES)
SMALLEST_RSA = 2048
ADVISED_RSA = 3072


class UnusableKey(Exception):
    """The key cannot sign for NetSuite. The message is a sentence and holds nothing of the key."""


def load(pem: str) -> PrivateKey:
    """Raises UnusableKey."""
    if "PRIVATE KEY" not in pem:
        kind = "a certificate" if "CERTIFICATE" in pem else "a public key" if "PUBLIC KEY" in pem else "no PEM text"
        raise UnusableKey(f"it is {kind}; a private key begins with -----BEGIN PRIVATE KEY-----.")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise UnusableKey("it is protected by a password; write it without one.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("it cannot be read; the PEM text is damaged or cut off.") from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise UnusableKey("it is neither an RSA nor an elliptic-curve key; NetSuite takes no other.")
    return key


def problem(pem: str, algorithm: str) -> str:
    """Why this key cannot sign with this algorithm, as the end of a sentence; empty when it can."""
    try:
        key = load(pem)
    except UnusableKey as unusable:
        return str(unusable)
    if isinstance(key, RSAPrivateKey):
        if algorithm not in RSA_ALGORITHMS:
            return f"it is an RSA key, and {algorithm} needs an elliptic-curve one; set NETSUITE_M2M_ALGORITHM=PS256."
        if key.key_size < SMALLEST_RSA:
            return f"it has {key.key_size} bits, which is too weak; NetSuite wants {ADVISED_RSA} or 4096."
        return ""
    return _curve_problem(key.curve.name, algorithm)


def advice(pem: str) -> str:
    """What to improve on a key that works."""
    try:
        key = load(pem)
    except UnusableKey:
        return ""
    if isinstance(key, RSAPrivateKey) and SMALLEST_RSA <= key.key_size < ADVISED_RSA:
        return f"it has {key.key_size} bits; make the next one with {ADVISED_RSA} or 4096."
    return ""


def _curve_problem(curve: str, algorithm: str) -> str:
    wanted = next((name for name, fitting in CURVES.items() if fitting == curve), "")
    if not wanted:
        return f"it lies on the curve {curve}; NetSuite takes P-256, P-384 and P-521."
    if algorithm != wanted:
        return f"it lies on the curve {curve}, and {algorithm} does not fit; set NETSUITE_M2M_ALGORITHM={wanted}."
    return ""
