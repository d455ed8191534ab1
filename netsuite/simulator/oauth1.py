"""OAuth 1.0a signatures as NetSuite checks them (RFC 5849, HMAC-SHA256 only).

A JSON body is never part of the base string and ``realm`` never is either; every query parameter of the
URL is.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote

Pairs = list[tuple[str, str]]

_PARAMETER = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"([^"]*)"\s*')
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class MalformedHeader(Exception):
    """The Authorization header cannot be read as OAuth 1.0 parameters."""


def percent_encode(text: str) -> str:
    """RFC 5849 section 3.6: everything but letters, digits and ``-._~``."""
    return quote(text, safe="-._~")


def parse_authorization(header: str) -> Pairs:
    """The parameters of ``OAuth key="value", ...``, decoded, in order and with repeats kept."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "oauth" or not rest.strip():
        raise MalformedHeader("not an OAuth header")
    pairs: Pairs = []
    for part in rest.split(","):
        found = _PARAMETER.fullmatch(part)
        if found is None:
            raise MalformedHeader('a parameter is not of the form key="value"')
        pairs.append((found[1], unquote(found[2])))
    return pairs


def base_string_uri(scheme: str, host: str, path: str) -> str:
    """Scheme and host in lower case, the default port left out, the path as it stood in the request line."""
    host = host.lower().removesuffix(_DEFAULT_PORTS.get(scheme.lower(), ""))
    return f"{scheme.lower()}://{host}{path or '/'}"


def base_string(method: str, uri: str, query: str, oauth: Iterable[tuple[str, str]]) -> str:
    """The signature base string of RFC 5849 section 3.4.1."""
    pairs = parse_qsl(query, keep_blank_values=True)
    pairs += [(key, value) for key, value in oauth if key not in ("realm", "oauth_signature")]
    encoded = sorted((percent_encode(key), percent_encode(value)) for key, value in pairs)
    parameters = "&".join(f"{key}={value}" for key, value in encoded)
    return "&".join((method.upper(), percent_encode(uri), percent_encode(parameters)))


def hmac_sha256(text: str, consumer_secret: str, token_secret: str) -> str:
    """Base64 signature, before percent-encoding."""
    key = f"{percent_encode(consumer_secret)}&{percent_encode(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def signature_matches(given: str, text: str, consumer_secret: str, token_secret: str) -> bool:
    """Compare in constant time."""
    expected = hmac_sha256(text, consumer_secret, token_secret)
    return hmac.compare_digest(expected.encode(), given.encode())
