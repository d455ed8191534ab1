"""Where NetSuite is, who we are there and how long we wait, read from Django's settings."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from netsuite.signing import Signer, TbaSigner

BLOT = "[secret]"


class NotConnected(Exception):
    """NetSuite is not set up; the message says what is missing."""


@dataclass(frozen=True)
class Timing:
    """Waiting times. The defaults follow NetSuite's own limits: a RESTlet may run for 300 seconds."""

    connect: float = 10
    read: float = 320
    verify_wait: timedelta = timedelta(seconds=60)
    last_attempt_wait: timedelta = timedelta(seconds=330)
    later_wait: timedelta = timedelta(hours=1)
    auth_probe_wait: timedelta = timedelta(seconds=60)
    auth_halt: timedelta = timedelta(minutes=30)
    drain_seconds: float = 150
    query_wait: timedelta = timedelta(seconds=5)
    query_seconds: float = 240

    @property
    def lease(self) -> timedelta:
        """Three times the longest call, so that a holder who is merely waiting keeps the lease."""
        return timedelta(seconds=3 * (self.connect + self.read))


@dataclass(frozen=True)
class Connection:
    """One NetSuite account as we reach it."""

    restlet_base_url: str
    rest_base_url: str
    script: str
    deploy: str
    account: str
    consumer_key: str
    token: str
    consumer_secret: str = field(repr=False)
    token_secret: str = field(repr=False)

    @property
    def problems(self) -> list[str]:
        """What keeps us from calling NetSuite, one sentence each."""
        needed = {
            "NETSUITE_ACCOUNT": self.account,
            "NETSUITE_RESTLET_BASE_URL": self.restlet_base_url,
            "NETSUITE_REST_BASE_URL": self.rest_base_url,
            "NETSUITE_SCRIPT": self.script,
            "NETSUITE_DEPLOY": self.deploy,
            "NETSUITE_CONSUMER_KEY": self.consumer_key,
            "NETSUITE_CONSUMER_SECRET": self.consumer_secret,
            "NETSUITE_TOKEN": self.token,
            "NETSUITE_TOKEN_SECRET": self.token_secret,
        }
        found = [f"{name} is empty; set it in the environment." for name, value in needed.items() if not value]
        for name in ("NETSUITE_RESTLET_BASE_URL", "NETSUITE_REST_BASE_URL"):
            if needed[name] and not needed[name].startswith(("https://", "http://")):
                found.append(f"{name} must begin with https://.")
        return found

    def signer(self) -> Signer:
        return TbaSigner(
            account=self.account,
            consumer_key=self.consumer_key,
            consumer_secret=self.consumer_secret,
            token=self.token,
            token_secret=self.token_secret,
        )

    def blot(self, text: str) -> str:
        """`text` without any of our secrets, and without the NUL PostgreSQL cannot store."""
        for secret in (self.consumer_secret, self.token_secret, self.token, self.consumer_key):
            if secret:
                text = text.replace(secret, BLOT)
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def connection() -> Connection:
    return Connection(
        restlet_base_url=settings.NETSUITE_RESTLET_BASE_URL.rstrip("/"),
        rest_base_url=settings.NETSUITE_REST_BASE_URL.rstrip("/"),
        script=settings.NETSUITE_SCRIPT,
        deploy=settings.NETSUITE_DEPLOY,
        account=settings.NETSUITE_ACCOUNT,
        consumer_key=settings.NETSUITE_CONSUMER_KEY,
        token=settings.NETSUITE_TOKEN,
        consumer_secret=settings.NETSUITE_CONSUMER_SECRET,
        token_secret=settings.NETSUITE_TOKEN_SECRET,
    )


def complete_connection() -> Connection:
    """Raises NotConnected while something is missing."""
    found = connection()
    if found.problems:
        raise NotConnected("NetSuite is not set up: " + " ".join(found.problems))
    return found


def timing() -> Timing:
    """Timing with every NETSUITE_... setting that is given, in seconds, over the defaults."""
    default = Timing()
    return Timing(
        connect=_seconds("CONNECT_TIMEOUT", default.connect),
        read=_seconds("READ_TIMEOUT", default.read),
        verify_wait=_duration("VERIFY_WAIT", default.verify_wait),
        last_attempt_wait=_duration("LAST_ATTEMPT_WAIT", default.last_attempt_wait),
        later_wait=_duration("LATER_WAIT", default.later_wait),
        auth_probe_wait=_duration("AUTH_PROBE_WAIT", default.auth_probe_wait),
        auth_halt=_duration("AUTH_HALT", default.auth_halt),
        drain_seconds=_seconds("DRAIN_SECONDS", default.drain_seconds),
        query_wait=_duration("QUERY_WAIT", default.query_wait),
        query_seconds=_seconds("QUERY_SECONDS", default.query_seconds),
    )


def _seconds(name: str, default: float) -> float:
    return float(getattr(settings, f"NETSUITE_{name}", default))


def _duration(name: str, default: timedelta) -> timedelta:
    return timedelta(seconds=_seconds(name, default.total_seconds()))
