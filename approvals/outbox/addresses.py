"""Where events may be sent: HTTPS to public addresses, and what EVENTS_ALLOWED_HOSTS names besides.

A subscription's address is typed by a person, and the worker stands inside the house: without this, it would call
the house's own services for whoever may type (server-side request forgery).
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from approvals.refusals import Refused

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_address(url: str) -> None:
    """Refuse an address that cannot be one of a receiver. Looks nothing up, so it may run inside a transaction."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Refused(f"“{url}” is not an address. Give one like https://example.com/events.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused(f"“{url}” is not an address. Give one like https://example.com/events.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("Give the address without a user name, password or fragment: messages are signed instead.")
    if is_allowed(parts.hostname):
        return
    if parts.scheme != "https":
        raise Refused(f"{parts.hostname} is called by https only, or must be named in EVENTS_ALLOWED_HOSTS.")
    if (literal := _literal(parts.hostname)) is not None and not is_public(literal):
        raise Refused(_objection(parts.hostname))


def objection_to_sending(url: str) -> str:
    """Why this host may not be called now, or nothing. Asks the name service: never inside a transaction."""
    try:
        check_address(url)
    except Refused as refusal:
        return str(refusal)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_allowed(host):
        return ""
    try:
        found = socket.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return f"The name service does not know {host}."
    return "" if all(is_public_text(str(entry[4][0])) for entry in found) else _objection(host)


def is_allowed(host: str) -> bool:
    return host.lower() in {name.strip("[]").lower() for name in settings.EVENTS_ALLOWED_HOSTS}


def is_public_text(text: str) -> bool:
    literal = _literal(text)
    return literal is not None and is_public(literal)


def is_public(address: Address) -> bool:
    """True for what the whole internet reaches under this address, also when it is wrapped into IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _literal(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _objection(host: str) -> str:
    return f"{host} is an address inside a network. Only public addresses are called, or those in EVENTS_ALLOWED_HOSTS."
