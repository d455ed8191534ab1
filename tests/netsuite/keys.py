"""Keys made for one test run, and the settings of a machine login with them."""

from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import LazySettings

from netsuite.simulator.running import Running

CURVES: dict[str, ec.EllipticCurve] = {
    curve.name: curve for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1())
}


@dataclass(frozen=True)
class KeyPair:
    private: str
    public: str


def key_pair(kind: str, mark: str = "") -> KeyPair:
    """`kind` is a number of RSA bits or the name of a curve; another `mark` is another pair."""
    return _made(kind, mark)


@cache
def _made(kind: str, mark: str) -> KeyPair:
    key = rsa.generate_private_key(65537, int(kind)) if kind.isdigit() else ec.generate_private_key(CURVES[kind])
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return KeyPair(private, public)


def log_in_by_certificate(
    simulator: Running, settings: LazySettings, *, algorithm: str = "ES256", kind: str = "secp256r1"
) -> KeyPair:
    """The simulator knows the certificate, the settings name it, and nothing is kept from another test."""
    pair = key_pair(kind)
    simulator.control.register_certificate(public_key=pair.public)
    settings.NETSUITE_AUTH = "m2m"
    settings.NETSUITE_CLIENT_ID, settings.NETSUITE_CERTIFICATE_ID = "sim-client-id", "sim-certificate"
    settings.NETSUITE_M2M_ALGORITHM = algorithm
    settings.NETSUITE_PRIVATE_KEY = pair.private
    return pair
