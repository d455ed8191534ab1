"""Where NetSuite is, who we are there and how long we wait, read from Django's settings."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from netsuite import credentials as who
from netsuite.credentials import Credentials
from netsuite.signing import Signer
from netsuite.wire import Patience

BLOT = "[secret]"
RESTLET, REST = "restlet", "rest"


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

    @property
    def patience(self) -> Patience:
        return Patience(self.connect, self.read)


@dataclass(frozen=True)
class Connection:
    """One NetSuite account as we reach it."""

    transport: str
    auth: str
    restlet_base_url: str
    rest_base_url: str
    script: str
    deploy: str
    account: str
    hash_field: str
    adjustment_account: str
    credentials: Credentials

    @property
    def problems(self) -> list[str]:
        """What keeps us from calling NetSuite, one sentence each."""
        empty = who.empty_settings(self._needed())
        return self._wrong_choices() + empty + self.credentials.problems + self._addresses()

    def _wrong_choices(self) -> list[str]:
        found = []
        if self.auth not in (who.TBA, who.M2M):
            found.append(f"NETSUITE_AUTH is {self.auth!r}; set it to tba or m2m.")
        if self.transport not in (RESTLET, REST):
            found.append(f"NETSUITE_TRANSPORT is {self.transport!r}; set it to restlet or rest.")
        return found

    def _needed(self) -> dict[str, str]:
        needed = {"NETSUITE_ACCOUNT": self.account}
        if self.transport == REST:
            # The RESTlet has an account of its own to fall back on; the record API has none.
            needed["NETSUITE_ADJUSTMENT_ACCOUNT_ID"] = self.adjustment_account
        else:
            needed |= {
                "NETSUITE_RESTLET_BASE_URL": self.restlet_base_url,
                "NETSUITE_SCRIPT": self.script,
                "NETSUITE_DEPLOY": self.deploy,
            }
        needed["NETSUITE_REST_BASE_URL"] = self.rest_base_url  # balances are read there, whatever the transport
        return needed

    @property
    def addresses(self) -> dict[str, str]:
        """The ones this set-up speaks to, by the name of their setting."""
        read_from = {"NETSUITE_REST_BASE_URL": self.rest_base_url}
        return read_from | ({} if self.transport == REST else {"NETSUITE_RESTLET_BASE_URL": self.restlet_base_url})

    def _addresses(self) -> list[str]:
        return [
            f"{name} must begin with https://."
            for name, address in self.addresses.items()
            if address and not address.startswith(("https://", "http://"))
        ]

    def signer(self, timing: Timing) -> Signer:
        return self.credentials.signer(self.account, self.rest_base_url, timing.patience)

    def blot(self, text: str) -> str:
        """`text` without any of our secrets, and without the NUL PostgreSQL cannot store."""
        for secret in self.credentials.secrets:
            if secret:
                text = text.replace(secret, BLOT)
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def connection() -> Connection:
    return Connection(
        transport=settings.NETSUITE_TRANSPORT,
        auth=settings.NETSUITE_AUTH,
        restlet_base_url=settings.NETSUITE_RESTLET_BASE_URL.rstrip("/"),
        rest_base_url=settings.NETSUITE_REST_BASE_URL.rstrip("/"),
        script=settings.NETSUITE_SCRIPT,
        deploy=settings.NETSUITE_DEPLOY,
        account=settings.NETSUITE_ACCOUNT,
        hash_field=settings.NETSUITE_HASH_FIELD,
        adjustment_account=settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID,
        credentials=who.from_settings(settings.NETSUITE_AUTH),
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
